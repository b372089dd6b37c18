import { useState, type SubmitEvent } from 'react';
import { useAction } from './action.ts';
import { TextField } from './fields.tsx';
import { request } from './request.ts';
import { ErrorNote, Words } from './words.tsx';

/** Login and password. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const { busy, error, run } = useAction();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    run(() => request('POST', '/api/v1/sessions', { body: { login, password } }), onSignedIn);
  }

  return (
    <form className="card narrow" onSubmit={submit}>
      <h2>
        <Words zh="登录" en="Sign in" />
      </h2>
      <TextField
        zh="账号或手机号"
        en="Login or phone"
        name="login"
        value={login}
        onChange={setLogin}
        autoComplete="username"
        required
        autoFocus
      />
      <TextField
        zh="密码"
        en="Password"
        name="password"
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        required
      />
      <ErrorNote error={error} />
      <button disabled={busy}>
        <Words zh="登录" en="Sign in" />
      </button>
    </form>
  );
}
