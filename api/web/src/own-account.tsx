import { useState, type SubmitEvent } from 'react';
import { useAction } from './action.ts';
import { useAnswer } from './asking.ts';
import { Confirm } from './confirm.tsx';
import { TextField } from './fields.tsx';
import { request } from './request.ts';
import { Table } from './table.tsx';
import { Answered, Badge, Card, DoneNote, ErrorNote, Time, Words, type Wording } from './words.tsx';

interface OwnSession {
  id: string;
  openedAt: string;
  expiresAt: string;
  current: boolean;
}

const PATH = '/api/v1/me/sessions';
const CHANGED: Wording = { zh: '密码已修改，其他登录已全部退出', en: 'Changed; everybody else is signed out' };

/** Where the account is open, and its password. */
export function OwnAccountPage({ onSignedOut }: { onSignedOut: () => void }) {
  return (
    <>
      <Sessions onSignedOut={onSignedOut} />
      <PasswordForm />
    </>
  );
}

function Sessions({ onSignedOut }: { onSignedOut: () => void }) {
  const { answer, error, load } = useAnswer((signal) => request<{ sessions: OwnSession[] }>('GET', PATH, { signal }));
  const { busy, error: refused, run } = useAction();

  return (
    <Card zh="登录记录" en="Where you are signed in">
      <Answered answer={answer} error={error} />
      <ErrorNote error={refused} />
      {answer && (
        <Table
          heads={[
            ['登录时间', 'Since'],
            ['失效时间', 'Until'],
            ['操作', 'Action'],
          ]}
        >
          {answer.sessions.map(({ id, openedAt, expiresAt, current }) => (
            <tr key={id}>
              <td>
                <Time at={openedAt} />
              </td>
              <td>
                <Time at={expiresAt} />
              </td>
              <td>
                {current ? (
                  <Badge mood="good">本机 this one</Badge>
                ) : (
                  <button
                    className="quiet"
                    disabled={busy}
                    onClick={() => run(() => request('DELETE', `${PATH}/${id}`), load)}
                  >
                    <Words zh="退出这个登录" en="End" />
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Confirm
        zh="全部退出登录"
        en="Sign out everywhere"
        question={{ zh: '所有设备都会退出，包括本机。', en: 'Everywhere, here too?' }}
        disabled={busy}
        onConfirm={() => run(() => request('DELETE', PATH), onSignedOut)}
      />
    </Card>
  );
}

function PasswordForm() {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [done, setDone] = useState<Wording>();
  const { busy, error, run } = useAction();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setDone(undefined);
    run(
      () => request('POST', '/api/v1/me/password', { body: { current, password } }),
      () => {
        setCurrent('');
        setPassword('');
        setDone(CHANGED);
      },
    );
  }

  return (
    <form className="card narrow" onSubmit={submit}>
      <h2>
        <Words zh="修改密码" en="Change the password" />
      </h2>
      <TextField
        {...{ zh: '当前密码', en: 'Current password', name: 'current', type: 'password' }}
        {...{ value: current, onChange: setCurrent, autoComplete: 'current-password', required: true }}
      />
      <TextField
        {...{ zh: '新密码（至少8个字符）', en: 'New password', name: 'password', type: 'password', minLength: 8 }}
        {...{ value: password, onChange: setPassword, autoComplete: 'new-password', required: true }}
      />
      <ErrorNote error={error} />
      <DoneNote done={done} />
      <button disabled={busy}>
        <Words zh="修改密码" en="Change" />
      </button>
    </form>
  );
}
