import { useState, type SubmitEvent } from 'react';
import { request, type Refusal } from './request.ts';
import { ErrorNote, instantOf, Time, Words } from './words.tsx';

interface TraceEvent {
  at: string;
  kind: string;
  outcome: string;
  reason?: string;
  ids: Record<string, string>;
  workflow?: { id: string; url?: string };
}

const KINDS: Record<string, { zh: string; en: string }> = {
  swipe: { zh: '刷卡', en: 'Swipe' },
  'quarantined-swipe': { zh: '被隔离的刷卡', en: 'Quarantined swipe' },
  sms: { zh: '短信', en: 'Text' },
  receipt: { zh: '回执', en: 'Receipt' },
  mo: { zh: '家长来信', en: 'Text from the phone' },
  subscription: { zh: '订退', en: 'Order or cancel' },
};

/** Outcomes that mean it went as wanted, and those that mean it did not; the rest are under way. */
const GOOD = ['DELIVERED', 'texted', 'order', 'consent', 'reply'];
const BAD = ['REJECTED', 'FAILED', 'EXPIRED', 'UNCERTAIN', 'SUPPRESSED', 'quarantined', 'CANCELLED'];

/** Customer service's page: why did or didn't this phone get a text. */
export function TracePage() {
  const [phone, setPhone] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [events, setEvents] = useState<TraceEvent[]>();
  const [next, setNext] = useState<string>();
  const [error, setError] = useState<Refusal>();

  function load(cursor?: string) {
    const query = new URLSearchParams({ phone });
    if (from) query.set('from', instantOf(from));
    if (to) query.set('to', instantOf(to));
    if (cursor) query.set('cursor', cursor);
    request<{ events: TraceEvent[]; next?: string }>('GET', `/api/v1/trace?${query}`).then(
      (page) => {
        setEvents((before) => (cursor ? [...(before ?? []), ...page.events] : page.events));
        setNext(page.next);
        setError(undefined);
      },
      (refusal: Refusal) => {
        setEvents(undefined);
        setError(refusal);
      },
    );
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    load();
  }

  return (
    <>
      <form className="card bar" onSubmit={submit}>
        <label>
          <Words zh="手机号" en="Phone" />
          <input
            name="phone"
            inputMode="numeric"
            pattern="\d{5,15}"
            value={phone}
            required
            autoFocus
            onChange={(event) => setPhone(event.target.value.trim())}
          />
        </label>
        <label>
          <Words zh="从" en="From" />
          <input name="from" type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label>
          <Words zh="到" en="To" />
          <input name="to" type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} />
        </label>
        <button>
          <Words zh="查询" en="Look up" />
        </button>
      </form>
      <ErrorNote error={error} />
      {events && (
        <section className="card" aria-live="polite">
          <h2>
            <Words zh={`${events.length} 件事`} en="events, oldest first" />
          </h2>
          <ol className="timeline">
            {events.map((event) => (
              <Event key={`${event.at} ${Object.values(event.ids).join('/')}`} event={event} />
            ))}
          </ol>
          {next && (
            <button className="quiet" onClick={() => load(next)}>
              <Words zh="更多" en="More" />
            </button>
          )}
        </section>
      )}
    </>
  );
}

function Event({ event: { at, kind, outcome, reason, ids, workflow } }: { event: TraceEvent }) {
  const { zh, en } = KINDS[kind] ?? { zh: kind, en: '' };
  const mood = GOOD.includes(outcome) ? 'good' : BAD.includes(outcome) ? 'bad' : '';
  return (
    <li>
      <Time at={at} />
      <div>
        <strong>
          <Words zh={zh} en={en} />
        </strong>{' '}
        <span className={`badge ${mood}`}>{outcome}</span>
        {reason && <p>{reason}</p>}
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
        {workflow && <WorkflowLink workflow={workflow} />}
      </div>
    </li>
  );
}

function WorkflowLink({ workflow: { id, url } }: { workflow: { id: string; url?: string } }) {
  if (!url) return <code>{id}</code>;
  return (
    <a href={url} target="_blank" rel="noreferrer">
      <code>{id}</code>
    </a>
  );
}
