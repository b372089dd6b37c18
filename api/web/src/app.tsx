import { useEffect, useState, type ReactNode } from 'react';
import { useAsking } from './asking.ts';
import { BillingPage } from './billing/billing-page.tsx';
import { GatePage } from './gate.tsx';
import { MessagesPage } from './messages.tsx';
import { request, type Refusal } from './request.ts';
import type { Session } from './session.ts';
import { SignIn } from './sign-in.tsx';
import { StatusPage } from './status.tsx';
import { SubscriberPage } from './subscriber/subscriber-page.tsx';
import { TracePage } from './trace.tsx';
import { TrialsPage } from './trials/trials-page.tsx';
import { UncertainPage } from './uncertain.tsx';
import { ErrorNote, Words, type Wording } from './words.tsx';

interface Page extends Wording {
  hash: string;
  /** Undefined: everybody, signed in or not. */
  roles?: string[];
  show: (session: Session) => ReactNode;
}

const STAFF = ['customer-service', 'carrier-admin', 'ops'];
const SCHOOL = ['teacher', 'school-admin'];

const PAGES: Page[] = [
  { hash: '#messages', zh: '消息', en: 'Messages', roles: SCHOOL, show: () => <MessagesPage /> },
  { hash: '#trace', zh: '短信轨迹', en: 'Trace', roles: [...STAFF, ...SCHOOL, 'parent'], show: () => <TracePage /> },
  { hash: '#uncertain', zh: '待核实短信', en: 'Uncertain', roles: STAFF, show: () => <UncertainPage /> },
  {
    hash: '#subscriber',
    zh: '用户',
    en: 'Subscriber',
    roles: ['customer-service', 'carrier-admin'],
    show: (session) => <SubscriberPage session={session} />,
  },
  { hash: '#billing', zh: '计费', en: 'Billing', roles: STAFF, show: (session) => <BillingPage session={session} /> },
  {
    hash: '#trials',
    zh: '试用',
    en: 'Trials',
    roles: [...SCHOOL, 'agent', ...STAFF],
    show: (session) => <TrialsPage session={session} />,
  },
  { hash: '#gate', zh: '校门', en: 'Gate', roles: [...SCHOOL, ...STAFF], show: () => <GatePage /> },
  { hash: '#status', zh: '状态', en: 'Status', show: () => <StatusPage /> },
];
const NOBODY: Session = { id: '', role: 'nobody', tenants: [] };

/** Who is signed in decides which pages there are; the address's hash says which is shown. */
export function App() {
  const [session, setSession] = useState<Session | null>();
  const [error, setError] = useState<Refusal>();
  const hash = useHash();
  const asking = useAsking();

  const load = () =>
    asking((signal) => request<Session>('GET', '/api/v1/sessions', { signal })).then(setSession, (refusal: Refusal) => {
      if (refusal.status === 401) setSession(null);
      else setError(refusal);
    });
  useEffect(() => void load(), []);
  const signOut = () => asking(() => request('DELETE', '/api/v1/sessions')).then(() => setSession(null), setError);

  if (session === undefined) return <ErrorNote error={error} />;
  const who = session ?? NOBODY;
  const pages = PAGES.filter(({ roles }) => !roles || roles.includes(who.role));
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
              <Words zh="退出登录" en="Sign out" />
            </button>
          ) : (
            <a href="#" aria-current={shown ? undefined : 'page'}>
              <Words zh="登录" en="Sign in" />
            </a>
          )}
        </nav>
      </header>
      {/* What one account was shown, or still waits for, is not another's. */}
      <main key={who.id}>
        <ErrorNote error={error} />
        {shown ? shown.show(who) : <SignIn onSignedIn={() => void load()} />}
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
