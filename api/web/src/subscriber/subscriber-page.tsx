import { useState, type SubmitEvent } from 'react';
import { useAction } from '../action.ts';
import { carrierName, useCarriers } from '../carriers.ts';
import { PhoneField } from '../fields.tsx';
import type { Session } from '../session.ts';
import { Card, ErrorNote, Words } from '../words.tsx';
import { Charges } from './charges.tsx';
import { Orders } from './orders.tsx';
import { lookUp, packPath, type Known } from './subscriber.ts';
import { SubscriptionFacts } from './subscription.tsx';

/** 10086's page: what a phone has subscribed, why it was charged, what comes; orders and cancels on its behalf. */
export function SubscriberPage({ session }: { session: Session }) {
  const [phone, setPhone] = useState('');
  const [found, setFound] = useState<{ phone: string; known: Known[] }>();
  const { busy, error, run } = useAction();
  const carriers = useCarriers();

  const load = (asked: string) =>
    run(
      () => lookUp(asked),
      (known) => setFound({ phone: asked, known }),
    );

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setFound(undefined);
    load(phone);
  }

  return (
    <>
      <form className="card bar" onSubmit={submit}>
        <PhoneField value={phone} onChange={setPhone} autoFocus />
        <button disabled={busy}>
          <Words zh="查询" en="Look up" />
        </button>
      </form>
      <ErrorNote error={error} />
      {found?.known.map(({ subscription, charges }) => {
        const { tenant, unit } = subscription;
        return (
          <div key={`${tenant}/${unit}`}>
            <Card zh={`${found.phone} · ${carrierName(carriers, tenant)}`} en="Subscription">
              <SubscriptionFacts subscription={subscription} />
              <Orders
                phone={found.phone}
                subscription={subscription}
                carriers={carriers}
                channel={session.role === 'customer-service' ? 'customer-service' : 'admin'}
                onDone={() => load(found.phone)}
              />
            </Card>
            <Charges charges={charges} />
          </div>
        );
      })}
      {found && (
        <p>
          <a href={`${packPath(found.phone)}?format=html`} download>
            <Words zh="下载投诉材料" en="Complaint pack, to print: consent, notices, texts, charges" />
          </a>{' '}
          <a href={packPath(found.phone)} download>
            JSON
          </a>
        </p>
      )}
    </>
  );
}
