import { useState, type SubmitEvent } from 'react';
import { EVENT_WORDS, FATE_WORDS, ROUTE_WORDS } from '../../../workflows/domain/record-words.ts';
import { PhoneField, TextField } from './fields.tsx';
import { LookUpButtons, reasonOf } from './look-up.tsx';
import { More } from './more.tsx';
import { usePages } from './paging.ts';
import { request } from './request.ts';
import type { Session } from './session.ts';
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
  'quarantined-swipe': { zh: '异常刷卡记录', en: 'Quarantined swipe' },
  sms: { zh: '短信', en: 'Text' },
  decision: { zh: '人工核实', en: 'Decision about a text' },
  receipt: { zh: '回执', en: 'Receipt' },
  mo: { zh: '家长来信', en: 'Text from the phone' },
  subscription: { zh: '订退', en: 'Order or cancel' },
};

/** What each kind of event comes to. */
const OUTCOMES: Record<string, Record<string, Wording>> = {
  swipe: {
    recorded: { zh: '已记录', en: 'recorded' },
    texted: { zh: '已通知', en: 'texted' },
    late: { zh: '晚到，已通知', en: 'late' },
    debounced: { zh: '重复刷卡', en: 'debounced' },
    stale: { zh: '过晚', en: 'stale' },
    ahead: { zh: '时钟超前', en: 'ahead' },
    pending: { zh: '待处理', en: 'pending' },
  },
  'quarantined-swipe': { quarantined: { zh: '不可信', en: 'quarantined' } },
  sms: FATE_WORDS,
  receipt: FATE_WORDS,
  decision: {
    resend: { zh: '重发', en: 'resend' },
    delivered: { zh: '已送达', en: 'delivered' },
    'given-up': { zh: '放弃', en: 'given up' },
  },
  mo: ROUTE_WORDS,
  subscription: EVENT_WORDS,
};

/** Outcomes that mean it went as wanted, and those that mean it did not; the rest are under way. */
const GOOD = ['DELIVERED', 'texted', 'order', 'consent', 'reply'];
const BAD = ['REJECTED', 'FAILED', 'EXPIRED', 'UNCERTAIN', 'SUPPRESSED', 'quarantined', 'CANCELLED', 'ahead'];

/** What is asked; civil times, empty: open. */
interface Asked {
  phone: string;
  from: string;
  to: string;
  reason: string;
}

/** Customer service's page: why did or didn't this phone get a text. */
export function TracePage({ session }: { session: Session }) {
  const [phone, setPhone] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [asked, setAsked] = useState<Asked & { turn: number }>();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setAsked({ phone, from, to, reason: reasonOf(event), turn: (asked?.turn ?? 0) + 1 });
  }

  return (
    <>
      <form className="card bar" onSubmit={submit}>
        <PhoneField value={phone} onChange={setPhone} autoFocus />
        <TextField zh="从" en="From" name="from" type="datetime-local" value={from} onChange={setFrom} />
        <TextField zh="到" en="To" name="to" type="datetime-local" value={to} onChange={setTo} />
        <LookUpButtons session={session} />
      </form>
      {!('payers:see' in session.may) && (
        <p className="hint">
          <Words
            zh="这里只有刷卡和家长来信。短信按班级在“消息”里计数，不显示某个家长收到与否，以免看出哪户订制。"
            en="Swipes and parents' texts alone: whether one parent got a text would tell who subscribes. Messages are counted by class."
          />
        </p>
      )}
      {asked && <Events key={asked.turn} asked={asked} />}
    </>
  );
}

function Events({ asked: { phone, from, to, reason } }: { asked: Asked }) {
  const {
    items: events,
    next,
    error,
    load,
  } = usePages((signal, cursor) => {
    const query = new URLSearchParams({ phone });
    if (from) query.set('from', instantOf(from));
    if (to) query.set('to', instantOf(to));
    if (reason) query.set('reason', reason);
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
            <Words zh={`${phone} ${events.length} 条记录`} en="events, oldest first" />
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
          <Term of={OUTCOMES[kind] ?? {}} id={outcome} />
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
