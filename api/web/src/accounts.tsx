import { useState, type SubmitEvent } from 'react';
import { useAction } from './action.ts';
import { Confirm } from './confirm.tsx';
import { TextField } from './fields.tsx';
import { More } from './more.tsx';
import { usePages } from './paging.ts';
import { request } from './request.ts';
import { ROLES } from './roles.ts';
import { Table } from './table.tsx';
import { Tokens } from './tokens.tsx';
import { Answered, Badge, Card, ErrorNote, Term, Words } from './words.tsx';

interface Account {
  id: string;
  login: string;
  role: string;
  closedAt: string | null;
}

/** Programs have tokens of these. */
const TOKEN_HOLDERS = ['customer-service', 'carrier-admin', 'agent', 'ops'];

/** Who has a login; closing one, and the tokens of programs. */
export function AccountsPage() {
  const [search, setSearch] = useState('');
  const [asked, setAsked] = useState({ search: '', turn: 0 });

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setAsked({ search: search.trim(), turn: asked.turn + 1 });
  }

  return (
    <>
      <form className="card bar" onSubmit={submit}>
        <TextField zh="账号" en="Login or id" name="search" value={search} onChange={setSearch} />
        <button>
          <Words zh="查找" en="Find" />
        </button>
      </form>
      <Accounts key={asked.turn} search={asked.search} />
    </>
  );
}

function Accounts({ search }: { search: string }) {
  const [shown, setShown] = useState<string>();
  const { items, next, error, load } = usePages((signal, after) => {
    const query = new URLSearchParams({ ...(search ? { search } : {}), ...(after ? { after } : {}) });
    return request<{ accounts: Account[]; next?: string }>('GET', `/api/v1/accounts?${query}`, { signal }).then(
      ({ accounts, ...rest }) => ({ items: accounts, ...rest }),
    );
  });

  return (
    <>
      <Card zh="账号" en="Accounts">
        <Answered answer={items} error={error} />
        <Table
          heads={[
            ['账号', 'Login'],
            ['角色', 'Role'],
            ['状态', 'State'],
            ['操作', 'Action'],
          ]}
        >
          {items?.map(({ id, login, role, closedAt }) => (
            <tr key={id}>
              <th scope="row">{login}</th>
              <td>
                <Term of={ROLES} id={role} />
              </td>
              <td>{closedAt ? <Badge mood="bad">已注销 closed</Badge> : <Badge mood="good">正常 open</Badge>}</td>
              <td>
                {!closedAt && <Closing id={id} onDone={() => load()} />}{' '}
                {!closedAt && TOKEN_HOLDERS.includes(role) && (
                  <button className="quiet" onClick={() => setShown(id)}>
                    <Words zh="令牌" en="Tokens" />
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
        <More next={next} load={load} />
      </Card>
      {shown && <Tokens key={shown} accountId={shown} />}
    </>
  );
}

function Closing({ id, onDone }: { id: string; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const { busy, error, run } = useAction();
  const close = () => request('POST', `/api/v1/accounts/${encodeURIComponent(id)}/closing`, { body: { reason } });
  return (
    <>
      <TextField zh="注销原因" en="Why" name="closing-reason" value={reason} onChange={setReason} />
      <Confirm
        zh="注销"
        en="Close"
        question={{ zh: '这个账号的登录和令牌立即失效，不能恢复。', en: 'It opens nothing any more?' }}
        disabled={busy || reason.trim() === ''}
        onConfirm={() => run(close, onDone)}
      />
      <ErrorNote error={error} />
    </>
  );
}
