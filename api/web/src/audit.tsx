import { useState, type SubmitEvent } from 'react';
import { useAnswer } from './asking.ts';
import { TextField } from './fields.tsx';
import { LOOK_REASONS } from './look-up.tsx';
import { More } from './more.tsx';
import { usePages } from './paging.ts';
import { request } from './request.ts';
import { ROLES } from './roles.ts';
import { Table } from './table.tsx';
import { Answered, Badge, Card, Term, Time, Words, type Wording } from './words.tsx';

interface Who {
  id: string;
  login: string;
  role: string;
}
interface Entry {
  at: string;
  account: Who;
  action: string;
  isChange: boolean;
  subject: { kind: string; id: string };
  reason: string;
  note?: string;
}
interface Unusual {
  account: Who;
  people: number;
  unknown: number;
  unstated: number;
}

const REASONS: Record<string, Wording> = { ...LOOK_REASONS, unstated: { zh: '未说明', en: 'unstated' } };
const SUBJECTS: Record<string, Wording> = {
  guardian: { zh: '家长', en: 'guardian' },
  teacher: { zh: '老师', en: 'teacher' },
  stranger: { zh: '未登记的号码', en: 'number of nobody here' },
  'unknown-phone': { zh: '不存在的号码', en: 'unknown number' },
  account: { zh: '账号', en: 'account' },
  token: { zh: '令牌', en: 'token' },
  text: { zh: '短信', en: 'text' },
  charge: { zh: '收费', en: 'charge' },
  'charge-file': { zh: '计费文件', en: 'charge file' },
  trial: { zh: '试用', en: 'trial' },
  message: { zh: '消息', en: 'message' },
  carrier: { zh: '全运营商', en: 'the whole carrier' },
};

/** For the carrier's admins: who looked at or changed whom, and who did so more than is usual. */
export function AuditPage() {
  const [phone, setPhone] = useState('');
  const [account, setAccount] = useState('');
  const [asked, setAsked] = useState({ phone: '', account: '', turn: 0 });

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setAsked({ phone: phone.trim(), account: account.trim(), turn: asked.turn + 1 });
  }

  return (
    <>
      <UnusualLooks />
      <form className="card bar" onSubmit={submit}>
        <TextField zh="被查看的手机号" en="Whose phone" name="phone" value={phone} onChange={setPhone} />
        <TextField zh="查看人编号" en="Who looked (id)" name="account" value={account} onChange={setAccount} />
        <button>
          <Words zh="查找" en="Find" />
        </button>
      </form>
      <Entries key={asked.turn} phone={asked.phone} account={asked.account} />
    </>
  );
}

function UnusualLooks() {
  const { answer, error } = useAnswer((signal) =>
    request<{ accounts: Unusual[] }>('GET', '/api/v1/audit/unusual', { signal }),
  );
  return (
    <Card zh="一天内异常多的查询" en="More look-ups than usual in a day">
      <Answered answer={answer} error={error} />
      {answer?.accounts.length === 0 && <Words zh="没有" en="None" />}
      {answer && answer.accounts.length > 0 && (
        <Table
          heads={[
            ['查看人', 'Who'],
            ['家长和老师', 'People'],
            ['不存在的号码', 'Unknown numbers'],
            ['未说明原因', 'Without a reason'],
          ]}
        >
          {answer.accounts.map(({ account, people, unknown, unstated }) => (
            <tr key={account.id}>
              <th scope="row">
                <WhoLooked {...account} />
              </th>
              <td>{people}</td>
              <td>{unknown}</td>
              <td>{unstated}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Entries({ phone, account }: { phone: string; account: string }) {
  const { items, next, error, load } = usePages((signal, cursor) => {
    const asked = { ...(phone ? { phone } : {}), ...(account ? { account } : {}), ...(cursor ? { cursor } : {}) };
    const query = new URLSearchParams(asked);
    return request<{ entries: Entry[]; next?: string }>('GET', `/api/v1/audit?${query}`, { signal }).then(
      ({ entries, ...rest }) => ({ items: entries, ...rest }),
    );
  });
  return (
    <Card zh="查看与修改记录" en="Who looked at or changed whom">
      <Answered answer={items} error={error} />
      <Table
        heads={[
          ['时间', 'When'],
          ['查看人', 'Who'],
          ['对象', 'Whom'],
          ['操作', 'What'],
          ['原因', 'Why'],
        ]}
      >
        {items?.map(({ at, account: who, action, isChange, subject, reason, note }) => (
          <tr key={`${at} ${who.id} ${subject.id}`}>
            <td>
              <Time at={at} />
            </td>
            <th scope="row">
              <WhoLooked {...who} />
            </th>
            <td>
              <Term of={SUBJECTS} id={subject.kind} /> {subject.kind !== 'unknown-phone' && subject.id}
            </td>
            <td>
              {isChange && <Badge>修改 change</Badge>} {action}
            </td>
            <td>{isChange ? note : <Term of={REASONS} id={reason} />}</td>
          </tr>
        ))}
      </Table>
      <More next={next} load={load} />
    </Card>
  );
}

function WhoLooked({ login, role }: Who) {
  return (
    <>
      {login} <Term of={ROLES} id={role} />
    </>
  );
}
