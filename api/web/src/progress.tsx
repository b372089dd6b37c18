import { useCallback } from 'react';
import { useAction } from './action.ts';
import { Counts } from './facts.tsx';
import { usePolling } from './polling.ts';
import { request } from './request.ts';
import { ErrorNote, Words } from './words.tsx';

interface MessageProgress {
  state: string;
  counts: Record<string, number>;
  /** Of those submitted, how many wait for a receipt or for somebody to find out. */
  uncertain: number;
  /** False: of so few families that a number would tell which of them pays. */
  counted: boolean;
}

const COUNTS = [
  { id: 'queued', zh: '待发送', en: 'queued' },
  { id: 'submitted', zh: '提交中', en: 'submitted' },
  { id: 'accepted', zh: '已受理', en: 'accepted' },
  { id: 'delivered', zh: '已送达', en: 'delivered' },
  { id: 'failed', zh: '失败', en: 'failed' },
  { id: 'suppressed', zh: '只能在网上看到', en: 'on the web only' },
];

const STATES: Record<string, string> = {
  accepted: '已登记 Recorded',
  waiting: '等待发送时间 Waiting for its time',
  sending: '发送中 Sending',
  sent: '已发出 Sent',
  cancelled: '已取消 Cancelled',
};

const LOOK_MS = 1_000;
/** Looks get rarer: most texts arrive within seconds, receipts may take hours. */
const SLOWING = { slower: 1.2, slowestMs: 30_000 };

/** How a message fares, live while it is shown. */
export function Progress({ id, text }: { id: string; text: string }) {
  const look = useCallback(
    (signal: AbortSignal) => request<MessageProgress>('GET', `/api/v1/messages/${id}`, { signal }),
    [id],
  );
  const { answer: progress, error } = usePolling(look, LOOK_MS, SLOWING);
  const cancel = useAction();
  const mayCancel = progress && !['sent', 'cancelled'].includes(progress.state);
  return (
    <div className="progress" aria-live="polite">
      <p className="body">{text}</p>
      <ErrorNote error={cancel.error ?? error} />
      {progress && (
        <>
          <p>{STATES[progress.state] ?? progress.state}</p>
          {progress.counted ? (
            <Counts of={COUNTS.map((each) => ({ ...each, value: progress.counts[each.id] }))} />
          ) : (
            <p className="hint">
              <Words
                zh="发给整班（至少5户）的消息才显示条数，以免看出哪户订制了短信"
                en="Numbers are shown for whole classes of at least five families, so that they don't tell who subscribes"
              />
            </p>
          )}
          {progress.uncertain > 0 && (
            <p>
              <Words
                zh={`提交中有 ${progress.uncertain} 条待核实`}
                en="submitted ones may or may not have been taken"
              />
            </p>
          )}
        </>
      )}
      {mayCancel && (
        <button
          className="quiet"
          disabled={cancel.busy}
          onClick={() => cancel.run(() => request('POST', `/api/v1/messages/${id}/cancel`))}
        >
          <Words zh="取消尚未发送的" en="Cancel what has not left" />
        </button>
      )}
    </div>
  );
}
