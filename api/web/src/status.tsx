import { carrierName, useCarriers, type Carrier } from './carriers.ts';
import { usePolling } from './polling.ts';
import { request } from './request.ts';
import { Table } from './table.tsx';
import { Badge, Card, ErrorNote, Term, type Wording } from './words.tsx';

interface Part {
  name: string;
  status: 'ok' | 'down' | 'unknown' | 'stale';
  detail: Record<string, string | number | null>;
  advice: string | null;
}

interface Queue {
  queue: string;
  tenant: string;
  waiting: number;
  oldestSeconds: number;
  status: 'ok' | 'late';
  advice: string | null;
}

interface Readiness {
  ready: boolean;
  /** For staff alone. */
  parts?: Part[];
  queues?: Queue[];
}

const LOOK_MS = 3_000;
const MOOD = { ok: 'good', down: 'bad', unknown: '', stale: 'bad', late: 'bad' } as const;
const STATUS = {
  ok: '正常 ok',
  down: '中断 down',
  unknown: '未知 unknown',
  stale: '失联 stale',
  late: '积压 late',
};

const QUEUES: Record<string, Wording> = {
  swipe: { zh: '刷卡', en: 'Swipes' },
  'inbound-sms': { zh: '家长短信', en: 'Parents’ texts' },
  message: { zh: '老师的消息', en: 'Messages' },
  'message-cancel': { zh: '取消的消息', en: 'Cancelled messages' },
  subscription: { zh: '订购', en: 'Subscriptions' },
  'subscription-due': { zh: '到期事项', en: 'Deadlines' },
  trial: { zh: '试用', en: 'Trials' },
  'outbox/0': { zh: '验证码短信', en: 'One-time passwords' },
  'outbox/1': { zh: '刷卡短信', en: 'Safety texts' },
  'outbox/2': { zh: '往来短信', en: 'Conversation' },
  'outbox/3': { zh: '班级短信', en: 'Class messages' },
  'outbox/4': { zh: '群发短信', en: 'Bulk' },
  uncertain: { zh: '待确认短信', en: 'Uncertain' },
};

const look = () => request<Readiness>('GET', '/readyz');

/** How every part of the platform is, what waits, and what to do about it. */
export function StatusPage() {
  const { answer: readiness, error } = usePolling(look, LOOK_MS);
  const carriers = useCarriers();

  return (
    <>
      <Card zh="平台状态" en="Status">
        <ErrorNote error={error} />
        {readiness && (
          <p>
            <Badge mood={readiness.ready ? 'good' : 'bad'}>
              {readiness.ready ? '可以使用 ready' : '暂不可用 not ready'}
            </Badge>
          </p>
        )}
        {readiness?.parts && <Parts parts={readiness.parts} />}
      </Card>
      {readiness?.queues && (
        <Card zh="等待处理" en="Waiting">
          {readiness.queues.length === 0 ? <p>没有积压</p> : <Queues queues={readiness.queues} carriers={carriers} />}
        </Card>
      )}
    </>
  );
}

function Parts({ parts }: { parts: Part[] }) {
  return (
    <Table
      heads={[
        ['部分', 'Part'],
        ['状态', 'Status'],
        ['详情', 'Detail'],
      ]}
    >
      {parts.map(({ name, status, detail, advice }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>
            <Badge mood={MOOD[status]}>{STATUS[status]}</Badge>
          </td>
          <td>
            {advice && <p>{advice}</p>}
            {Object.entries(detail)
              .filter(([, value]) => value !== null)
              .map(([key, value]) => `${key} ${value}`)
              .join(' · ')}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Queues({ queues, carriers }: { queues: Queue[]; carriers: Carrier[] }) {
  return (
    <Table
      heads={[
        ['队列', 'Queue'],
        ['运营商', 'Carrier'],
        ['状态', 'Status'],
        ['条数', 'Waiting'],
        ['最久', 'Oldest'],
        ['处理办法', 'What to do'],
      ]}
    >
      {queues.map(({ queue, tenant, status, waiting, oldestSeconds, advice }) => (
        <tr key={`${queue} ${tenant}`}>
          <th scope="row">
            <Term of={QUEUES} id={queue} />
          </th>
          <td>{carrierName(carriers, tenant)}</td>
          <td>
            <Badge mood={status === 'ok' ? '' : MOOD[status]}>{STATUS[status]}</Badge>
          </td>
          <td>{waiting}</td>
          <td>{age(oldestSeconds)}</td>
          <td>{advice}</td>
        </tr>
      ))}
    </Table>
  );
}

/** In the largest unit that says enough. */
function age(seconds: number): string {
  if (seconds < 120) return `${seconds}秒`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}分钟`;
  return `${Math.floor(seconds / 3_600)}小时`;
}
