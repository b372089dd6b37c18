import { useEffect, useState } from 'react';
import { GatePage } from './gate.tsx';
import { MessagesPage } from './messages.tsx';
import { request, type Refusal } from './request.ts';
import { SignIn } from './sign-in.tsx';
import { StatusPage } from './status.tsx';
import { TracePage } from './trace.tsx';
import { ErrorNote, Words } from './words.tsx';

interface Session {
  id: string;
  role: string;
}

const PAGES = [
  { hash: '#messages', zh: '消息', en: 'Messages', roles: ['teacher', 'school-admin'] },
  {
    hash: '#trace',
    zh: '查询',
    en: 'Trace',
    roles: ['customer-service', 'carrier-admin', 'ops', 'teacher', 'school-admin', 'parent'],
  },
  {
    hash: '#gate',
    zh: '校门',
    en: 'Gate',
    roles: ['teacher', 'school-admin', 'customer-service', 'carrier-admin', 'ops'],
  },
  { hash: '#status', zh: '状态', en: 'Status', roles: undefined },
];

/** Who is signed in decides which pages there are; the address's hash says which is shown. */
export function App() {
  const [session, setSession] = useState<Session | null>();
  const [error, setError] = useState<Refusal>();
  const hash = useHash();

  const load = () =>
    request<Session>('GET', '/api/v1/sessions').then(setSession, (refusal: Refusal) => {
      if (refusal.status === 401) setSession(null);
      else setError(refusal);
    });
  useEffect(() => void load(), []);
  const signOut = () => request('DELETE', '/api/v1/sessions').then(() => setSession(null), setError);

  if (session === undefined) return <ErrorNote error={error} />;
  const pages = PAGES.filter(({ roles }) => !roles || (session && roles.includes(session.role)));
  const shown = pages.find((page) => page.hash === hash) ?? (session ? pages[0] : undefined);
  return (
    <>
      <header>
        <h1>
          <Words zh="校讯通" en="Campusline" />
        </h1>
        <nav aria-label="页面 Pages">
          {pages.map((page) => (
            <a key={page.hash} href={page.hash} aria-current={page === shown ? 'page' : undefined}>
              <Words zh={page.zh} en={page.en} />
            </a>
          ))}
          {session ? (
            <button className="quiet" onClick={() => void signOut()}>
              <Words zh="退出" en="Sign out" />
            </button>
          ) : (
            <a href="#" aria-current={shown ? undefined : 'page'}>
              <Words zh="登录" en="Sign in" />
            </a>
          )}
        </nav>
      </header>
      <main>
        <ErrorNote error={error} />
        {!shown && <SignIn onSignedIn={() => void load()} />}
        {shown?.hash === '#messages' && <MessagesPage />}
        {shown?.hash === '#trace' && <TracePage />}
        {shown?.hash === '#gate' && <GatePage />}
        {shown?.hash === '#status' && <StatusPage />}
      </main>
    </>
  );
}

function useHash(): string {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const follow = () => setHash(window.location.hash);
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return hash;
}
