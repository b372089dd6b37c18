import { useState, type SubmitEvent } from 'react';
import { useAnswer } from '../asking.ts';
import { carrierName, useCarriers, type Carrier } from '../carriers.ts';
import { PhoneField } from '../fields.tsx';
import { LookUpButtons, reasonOf } from '../look-up.tsx';
import { request } from '../request.ts';
import type { Session } from '../session.ts';
import { Answered, Card, Words } from '../words.tsx';
import { Charges } from './charges.tsx';
import { Orders } from './orders.tsx';
import { subscriberPath, type Subscription } from './subscriber.ts';
import { SubscriptionFacts } from './subscription.tsx';

/** 10086's page: what a phone has subscribed, why it was charged, what comes; orders and cancels on its behalf. */
export function SubscriberPage({ session }: { session: Session }) {
  const [phone, setPhone] = useState('');
  const [asked, setAsked] = useState<{ phone: string; reason: string; turn: number }>();
  const carriers = useCarriers();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setAsked({ phone, reason: reasonOf(event), turn: (asked?.turn ?? 0) + 1 });
  }

  return (
    <>
      <form className="card bar" onSubmit={submit}>
        <PhoneField value={phone} onChange={setPhone} autoFocus />
        <LookUpButtons session={session} />
      </form>
      {asked && (
        <Subscriber
          key={asked.turn}
          phone={asked.phone}
          reason={asked.reason}
          carriers={carriers}
          channel={session.role === 'customer-service' ? 'customer-service' : 'admin'}
        />
      )}
    </>
  );
}

interface SubscriberProps {
  phone: string;
  reason: string;
  carriers: Carrier[];
  channel: 'customer-service' | 'admin';
}

/** What one phone has with each carrier. */
function Subscriber({ phone, reason, carriers, channel }: SubscriberProps) {
  const { answer, error, load } = useAnswer((signal) =>
    request<{ subscriptions: Subscription[] }>('GET', `${subscriberPath(phone)}?reason=${reason}`, { signal }),
  );
  /** Orders and cancels since it was looked up: they change the ledger too. */
  const [changes, setChanges] = useState(0);

  function changed() {
    load();
    setChanges(changes + 1);
  }

  return (
    <>
      <Answered answer={answer} error={error} />
      {answer?.subscriptions.map((subscription) => {
        const { tenant } = subscription;
        return (
          <div key={tenant}>
            <Card zh={`${phone} · ${carrierName(carriers, tenant)}`} en="Subscription">
              <SubscriptionFacts subscription={subscription} />
              <Orders
                phone={phone}
                subscription={subscription}
                carriers={carriers}
                channel={channel}
                onDone={changed}
              />
            </Card>
            <Charges key={changes} phone={phone} reason={reason} tenant={tenant} />
          </div>
        );
      })}
      {answer && (
        <p>
          <a href={`${subscriberPath(phone)}/complaint-pack?format=html&reason=${reason}`} download>
            <Words zh="下载投诉材料" en="Complaint pack, to print: consent, notices, texts, charges" />
          </a>{' '}
          <a href={`${subscriberPath(phone)}/complaint-pack?reason=${reason}`} download>
            JSON
          </a>
        </p>
      )}
    </>
  );
}
