import { SUBSCRIPTION_STATE_WORDS } from '../../../../workflows/domain/record-words.ts';
import { packageWords } from '../carriers.ts';
import { Fact, Facts } from '../facts.tsx';
import { Badge, money, Term, Time, Words, type Mood, type Wording } from '../words.tsx';
import type { Subscription } from './subscriber.ts';

const MOODS: Record<string, Mood> = { active: 'good', trial: 'good', cancelled: 'bad' };

const SERVICES: Record<string, Wording> = {
  'home-school': { zh: '家校互动', en: 'home-school' },
  'safety-sms': { zh: '平安短信', en: 'safety-sms' },
  'family-phone': { zh: '亲情电话', en: 'family-phone' },
};

/** What is subscribed, since when, what is owed and what comes next. */
export function SubscriptionFacts({ subscription }: { subscription: Subscription }) {
  const { state, since, services } = subscription;
  return (
    <>
      <Facts>
        <Fact zh="状态" en="State">
          <Badge mood={MOODS[state] ?? ''}>
            <Term of={SUBSCRIPTION_STATE_WORDS} id={state} />
          </Badge>
        </Fact>
        {subscription.package && (
          <Fact zh="套餐" en="Package">
            {packageWords(subscription.package)}
          </Fact>
        )}
        {since && (
          <Fact zh="起始" en="Since">
            <Time at={since} />
          </Fact>
        )}
        <Fact zh="服务" en="Services">
          {services.length === 0 ? (
            <Words zh="没有" en="None" />
          ) : (
            <ul className="list">
              {services.map((service) => (
                <li key={service}>
                  <Term of={SERVICES} id={service} />
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact zh="欠费" en="Arrears">
          <Arrears arrears={subscription.arrears} />
        </Fact>
      </Facts>
      <h3>
        <Words zh="接下来" en="What happens next" />
      </h3>
      <Next next={subscription.next} />
    </>
  );
}

function Arrears({ arrears }: Pick<Subscription, 'arrears'>) {
  if (arrears.length === 0) return <Words zh="没有" en="None" />;
  return (
    <ul className="list">
      {arrears.map(({ chargeId, month, fen, attempt, reason, retryMonth }) => (
        <li key={chargeId}>
          <span className="bad">
            {month} {money(fen)}
          </span>{' '}
          {reason}{' '}
          <small>
            第{attempt}次 attempt {attempt}
            {retryMonth && ` · ${retryMonth} 再扣 tried again`}
          </small>
        </li>
      ))}
    </ul>
  );
}

function Next({ next }: Pick<Subscription, 'next'>) {
  if (next.length === 0)
    return (
      <p>
        <Words zh="暂无待办" en="Nothing is due" />
      </p>
    );
  return (
    <ol className="timeline">
      {next.map(({ what, at, text }) => (
        <li key={`${what} ${at} ${text.zh}`}>
          {at ? <Time at={at} /> : <small>时间未定 open</small>}
          <p>
            <Words {...text} />
          </p>
        </li>
      ))}
    </ol>
  );
}
