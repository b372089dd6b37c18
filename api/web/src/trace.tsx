import { useState, type SubmitEvent } from 'react';
import { PhoneField, TextField } from './fields.tsx';
import { More } from './more.tsx';
import { usePages } from './paging.ts';
import { request } from './request.ts';
import { Answered, Badge, instantOf, Term, Time, Words, type Wording } from './words.tsx';
import { WorkflowLink, type Workflow } from './workflow-link.tsx';

interface TraceEvent {
  at: string;
  kind: string;
  outcome: string;
  reason?: string;
  ids: Record<string, string>;
  workflow?: Workflow;
}

const KINDS: Record<string, Wording> = {
  swipe: { zh: '刷卡', en: 'Swipe' },
  'quarantined-swipe': { zh: '被隔离的刷卡', en: 'Quarantined swipe' },
  sms: { zh: '短信', en: 'Text' },
  decision: { zh: '人工核实', en: 'Decision about a text' },
  receipt: { zh: '回执', en: 'Receipt' },
  mo: { zh: '家长来信', en: 'Text from the phone' },
  subscription: { zh: '订退', en: 'Order or cancel' },
};

const OUTCOMES: Record<string, Wording> = {
  texted: { zh: '已记录', en: 'recorded' },
  late: { zh: '晚到', en: 'late' },
  debounced: { zh: '重复', en: 'again' },
  stale: { zh: '过晚', en: 'too late' },
  ahead: { zh: '时钟超前', en: 'clock ahead' },
  pending: { zh: '处理中', en: 'pending' },
  quarantined: { zh: '不可信', en: 'not trusted' },
  QUEUED: { zh: '待发', en: 'queued' },
  SUBMITTING: { zh: '提交中', en: 'submitting' },
  ACCEPTED: { zh: '已受理', en: 'accepted' },
  REJECTED: { zh: '被拒收', en: 'rejected' },
  UNCERTAIN: { zh: '待核实', en: 'uncertain' },
  DELIVERED: { zh: '已送达', en: 'delivered' },
  FAILED: { zh: '失败', en: 'failed' },
  EXPIRED: { zh: '过期', en: 'expired' },
  CANCELLED: { zh: '已取消', en: 'cancelled' },
  SUPPRESSED: { zh: '未发送', en: 'not sent' },
  resend: { zh: '重发', en: 'sent again' },
  delivered: { zh: '已送达', en: 'delivered' },
  'given-up': { zh: '放弃', en: 'given up' },
  received: { zh: '已收到', en: 'received' },
  redelivered: { zh: '重复投递', en: 'delivered again' },
  reply: { zh: '回复老师', en: 'reply' },
  mailbox: { zh: '班主任信箱', en: 'mailbox' },
  choice: { zh: '班主任信箱', en: 'mailbox' },
  query: { zh: '查询', en: 'query' },
  help: { zh: '使用说明', en: 'help' },
  subscribe: { zh: '订制', en: 'order' },
  order: { zh: '订制', en: 'order' },
  consent: { zh: '确认', en: 'consent' },
  cancel: { zh: '退订', en: 'cancel' },
  'cancel-free': { zh: '退订免费服务', en: 'free services cancelled' },
  'cancel-all': { zh: '全部退订', en: 'everything cancelled' },
  expire: { zh: '到期', en: 'expired' },
  'trial-yes': { zh: '确认订制', en: 'yes' },
  'trial-no': { zh: '不订制', en: 'no' },
  'set-aside': { zh: '待人工', en: 'set aside' },
};

/** Outcomes that mean it went as wanted, and those that mean it did not; the rest are under way. */
const GOOD = ['DELIVERED', 'texted', 'order', 'consent', 'reply'];
const BAD = ['REJECTED', 'FAILED', 'EXPIRED', 'UNCERTAIN', 'SUPPRESSED', 'quarantined', 'CANCELLED', 'ahead'];

/** What is asked; civil times, empty: open. */
interface Asked {
  phone: string;
  from: string;
  to: string;
}

/** Customer service's page: why did or didn't this phone get a text. */
export function TracePage() {
  const [phone, setPhone] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [asked, setAsked] = useState<Asked & { turn: number }>();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setAsked({ phone, from, to, turn: (asked?.turn ?? 0) + 1 });
  }

  return (
    <>
      <form className="card bar" onSubmit={submit}>
        <PhoneField value={phone} onChange={setPhone} autoFocus />
        <TextField zh="从" en="From" name="from" type="datetime-local" value={from} onChange={setFrom} />
        <TextField zh="到" en="To" name="to" type="datetime-local" value={to} onChange={setTo} />
        <button>
          <Words zh="查询" en="Look up" />
        </button>
      </form>
      {asked && <Events key={asked.turn} asked={asked} />}
    </>
  );
}

function Events({ asked: { phone, from, to } }: { asked: Asked }) {
  const {
    items: events,
    next,
    error,
    load,
  } = usePages((signal, cursor) => {
    const query = new URLSearchParams({ phone });
    if (from) query.set('from', instantOf(from));
    if (to) query.set('to', instantOf(to));
    if (cursor) query.set('cursor', cursor);
    return request<{ events: TraceEvent[]; next?: string }>('GET', `/api/v1/trace?${query}`, { signal }).then(
      ({ events: items, ...rest }) => ({ items, ...rest }),
    );
  });

  return (
    <>
      <Answered answer={events} error={error} />
      {events && (
        <section className="card" aria-live="polite">
          <h2>
            <Words zh={`${phone} ${events.length} 件事`} en="events, oldest first" />
          </h2>
          <ol className="timeline">
            {events.map((event, i) => (
              // Only ever appended to: its place names an event.
              <Event key={i} event={event} />
            ))}
          </ol>
          <More next={next} load={load} />
        </section>
      )}
    </>
  );
}

function Event({ event: { at, kind, outcome, reason, ids, workflow } }: { event: TraceEvent }) {
  const mood = GOOD.includes(outcome) ? 'good' : BAD.includes(outcome) ? 'bad' : '';
  return (
    <li>
      <Time at={at} />
      <div>
        <strong>
          <Term of={KINDS} id={kind} />
        </strong>{' '}
        <Badge mood={mood}>
          <Term of={OUTCOMES} id={outcome} />
        </Badge>
        {reason && <p>{reason}</p>}
        {Object.keys(ids).length > 0 && <Ids ids={ids} />}
        {workflow && <WorkflowLink workflow={workflow} />}
      </div>
    </li>
  );
}

function Ids({ ids }: Pick<TraceEvent, 'ids'>) {
  return (
    <details>
      <summary>
        <Words zh="编号" en="Ids" />
      </summary>
      <dl className="ids">
        {Object.entries(ids).map(([name, id]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{id}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
