import { useState, type SubmitEvent } from 'react';
import { request, type Refusal } from './request.ts';
import { ErrorNote, Words } from './words.tsx';

/** Login and password. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    request('POST', '/api/v1/sessions', { body: { login, password } })
      .then(onSignedIn, setError)
      .finally(() => setBusy(false));
  }

  return (
    <form className="card narrow" onSubmit={submit}>
      <h2>
        <Words zh="登录" en="Sign in" />
      </h2>
      <label>
        <Words zh="账号或手机号" en="Login or phone" />
        <input
          name="login"
          value={login}
          onChange={(event) => setLogin(event.target.value)}
          autoComplete="username"
          required
          autoFocus
        />
      </label>
      <label>
        <Words zh="密码" en="Password" />
        <input
          name="password"
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="current-password"
          required
        />
      </label>
      <ErrorNote error={error} />
      <button disabled={busy}>
        <Words zh="登录" en="Sign in" />
      </button>
    </form>
  );
}
