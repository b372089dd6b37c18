import { useEffect, useState, type ReactNode } from 'react';
import { AccountsPage } from './accounts.tsx';
import { useAsking } from './asking.ts';
import { AuditPage } from './audit.tsx';
import { BillingPage } from './billing/billing-page.tsx';
import { GatePage } from './gate.tsx';
import { MessagesPage } from './messages.tsx';
import { OwnAccountPage } from './own-account.tsx';
import { RefundsPage } from './refunds.tsx';
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
  /** The right it takes, as `x-may` of the API's document names it; undefined: none, not even to be signed in. */
  may?: string;
  show: (session: Session, onSignedOut: () => void) => ReactNode;
}

const PAGES: Page[] = [
  { hash: '#messages', zh: '消息', en: 'Messages', may: 'messages:list', show: () => <MessagesPage /> },
  {
    hash: '#trace',
    zh: '短信轨迹',
    en: 'Trace',
    may: 'trace:read',
    show: (session) => <TracePage session={session} />,
  },
  { hash: '#uncertain', zh: '待核实短信', en: 'Uncertain', may: 'uncertain:decide', show: () => <UncertainPage /> },
  {
    hash: '#subscriber',
    zh: '用户',
    en: 'Subscriber',
    may: 'charges:explain',
    show: (session) => <SubscriberPage session={session} />,
  },
  { hash: '#refunds', zh: '退费复核', en: 'Refunds', may: 'refunds:decide', show: () => <RefundsPage /> },
  {
    hash: '#billing',
    zh: '计费',
    en: 'Billing',
    may: 'bills:read',
    show: (session) => <BillingPage session={session} />,
  },
  {
    hash: '#trials',
    zh: '试用',
    en: 'Trials',
    may: 'trials:read',
    show: (session) => <TrialsPage session={session} />,
  },
  { hash: '#gate', zh: '校门', en: 'Gate', may: 'gates:read', show: () => <GatePage /> },
  { hash: '#audit', zh: '查看记录', en: 'Audit', may: 'audit:read', show: () => <AuditPage /> },
  { hash: '#accounts', zh: '账号管理', en: 'Accounts', may: 'accounts:close', show: () => <AccountsPage /> },
  { hash: '#status', zh: '状态', en: 'Status', show: () => <StatusPage /> },
  {
    hash: '#me',
    zh: '我的账号',
    en: 'My account',
    may: 'me:read',
    show: (_session, onSignedOut) => <OwnAccountPage onSignedOut={onSignedOut} />,
  },
];
const NOBODY: Session = { account: { id: '', tenants: [] }, role: 'nobody', may: {} };

/** Who is signed in decides which pages there are; the address's hash says which is shown. */
export function App() {
  const [session, setSession] = useState<Session | null>();
  const [error, setError] = useState<Refusal>();
  const hash = useHash();
  const asking = useAsking();

  const load = () =>
    asking((signal) => request<Session>('GET', '/api/v1/me', { signal })).then(setSession, (refusal: Refusal) => {
      if (refusal.status === 401) setSession(null);
      else setError(refusal);
    });
  useEffect(() => void load(), []);
  const signOut = () => asking(() => request('DELETE', '/api/v1/sessions')).then(() => setSession(null), setError);

  if (session === undefined) return <ErrorNote error={error} />;
  const who = session ?? NOBODY;
  const pages = PAGES.filter(({ may }) => !may || may in who.may);
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
      <main key={who.account.id}>
        <ErrorNote error={error} />
        {shown ? shown.show(who, () => setSession(null)) : <SignIn onSignedIn={() => void load()} />}
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
