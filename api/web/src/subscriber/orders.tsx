import { useState } from 'react';
import type { useAction } from '../action.ts';
import { paidPackages, type Carrier } from '../carriers.ts';
import { request } from '../request.ts';
import { DoneNote, Words, type Wording } from '../words.tsx';
import { CancelForm } from './cancel-form.tsx';
import { OrderForm } from './order-form.tsx';
import type { Subscription } from './subscriber.ts';

const OUTCOMES: Record<string, Wording> = {
  subscribed: { zh: '已订制。', en: 'Subscribed.' },
  'pending-consent': {
    zh: '已登记，等待家长确认，确认前不收费。',
    en: "Recorded: it waits for the parent's consent and costs nothing until then.",
  },
  'already-subscribed': { zh: '已经订过，没有变化。', en: 'It is subscribed already; nothing changed.' },
  'changes-next-month': { zh: '下月起更换套餐。', en: 'The package changes next month.' },
  cancelled: { zh: '已退订，短信告知家长。', en: 'Cancelled; the parent is told by text.' },
  'free-services-cancelled': { zh: '免费服务已退订。', en: 'The free services are cancelled.' },
  'ordered-since': {
    zh: '已登记；家长此后又订制，订制照旧。',
    en: 'Recorded; the parent has ordered since, which stands.',
  },
  'cancelled-since': { zh: '已登记；此后已退订，不再恢复。', en: 'Recorded; it was cancelled since, which stands.' },
  'not-subscribed': { zh: '没有订制，无需退订。', en: 'Nothing was subscribed.' },
};
const CANCELLABLE = ['pending', 'trial', 'active'];

/** What a form asks for, beside whose it is. */
interface Asked {
  action: 'subscribe' | 'cancel';
  package: string;
  slip?: string;
  signedOn?: string;
  at?: string;
  note?: string;
}

/** Each form brings an action of its own: a cancel that is tried again must not pass for the order before it. */
export type Send = (action: ReturnType<typeof useAction>, asked: Asked, then?: () => void) => void;

interface OrdersProps {
  phone: string;
  subscription: Subscription;
  carriers: Carrier[];
  channel: 'customer-service' | 'admin';
  onDone: () => void;
}

/** Orders and cancels for a parent, and what became of them. */
export function Orders({ phone, subscription, carriers, channel, onDone }: OrdersProps) {
  const { tenant, state } = subscription;
  const [done, setDone] = useState<Wording>();
  const current = subscription.package;

  const send: Send = ({ run }, asked, then) => {
    setDone(undefined);
    run(
      (key) =>
        request<{ outcome: string }>('POST', '/api/v1/orders', { body: { phone, tenant, channel, ...asked }, key }),
      ({ outcome }) => {
        setDone(OUTCOMES[outcome] ?? { zh: outcome, en: '' });
        then?.();
        onDone();
      },
    );
  };

  return (
    <>
      <DoneNote done={done} />
      <h3>
        <Words zh="代为订制" en="Order for the parent" />
      </h3>
      <OrderForm packages={paidPackages(carriers, tenant)} send={send} />
      {current && CANCELLABLE.includes(state) && (
        <>
          <h3>
            <Words zh="退订" en="Cancel" />
          </h3>
          <CancelForm current={current} send={send} />
        </>
      )}
    </>
  );
}
