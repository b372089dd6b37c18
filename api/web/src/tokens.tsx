import { useState, type SubmitEvent } from 'react';
import { useAction } from './action.ts';
import { useAnswer } from './asking.ts';
import { Confirm } from './confirm.tsx';
import { TextField } from './fields.tsx';
import { request } from './request.ts';
import { Table } from './table.tsx';
import { Answered, Card, ErrorNote, Time, Words } from './words.tsx';

interface Token {
  id: string;
  name: string;
  createdAt: string;
  expiresAt: string;
}

const PATH = '/api/v1/tokens';

/** Tokens of an account's programs: made, renewed before they end, ended. A new one is shown this once. */
export function Tokens({ accountId }: { accountId: string }) {
  const query = new URLSearchParams({ accountId });
  const { answer, error, load } = useAnswer((signal) =>
    request<{ tokens: Token[] }>('GET', `${PATH}?${query}`, { signal }),
  );
  const [name, setName] = useState('');
  const [made, setMade] = useState<string>();
  const { busy, error: refused, run } = useAction();

  function tell({ token }: { token: string }) {
    setMade(token);
    setName('');
    load();
  }
  function submit(event: SubmitEvent) {
    event.preventDefault();
    run(() => request<{ token: string }>('POST', PATH, { body: { accountId, name } }), tell);
  }

  return (
    <Card zh={`程序令牌：${accountId}`} en="Tokens of its programs">
      <Answered answer={answer} error={error} />
      <ErrorNote error={refused} />
      {made && (
        <p role="status">
          <Words zh="新令牌，只显示这一次：" en="The new token, shown this once" /> <code>{made}</code>
        </p>
      )}
      {answer && (
        <Table
          heads={[
            ['用途', 'For'],
            ['建立时间', 'Made'],
            ['失效时间', 'Ends'],
            ['操作', 'Action'],
          ]}
        >
          {answer.tokens.map(({ id, name: of, createdAt, expiresAt }) => (
            <tr key={id}>
              <th scope="row">{of}</th>
              <td>
                <Time at={createdAt} />
              </td>
              <td>
                <Time at={expiresAt} />
              </td>
              <td>
                <button
                  className="quiet"
                  disabled={busy}
                  onClick={() => run(() => request<{ token: string }>('POST', `${PATH}/${id}/renewal`), tell)}
                >
                  <Words zh="续期" en="Renew" />
                </button>{' '}
                <Confirm
                  zh="停用"
                  en="End"
                  question={{ zh: '使用它的程序立即不能再访问。', en: 'Its program is shut out at once?' }}
                  disabled={busy}
                  onConfirm={() => run(() => request('DELETE', `${PATH}/${id}`), load)}
                />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <form className="bar" onSubmit={submit}>
        <TextField
          zh="新令牌的用途"
          en="What a new one is for"
          name="token-name"
          value={name}
          onChange={setName}
          required
        />
        <button disabled={busy}>
          <Words zh="新建令牌" en="Make" />
        </button>
      </form>
    </Card>
  );
}
