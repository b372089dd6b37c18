import { useState, type SubmitEvent } from 'react';
import { useAction } from '../action.ts';
import { paidPackages, type Carrier } from '../carriers.ts';
import { Confirm } from '../confirm.tsx';
import { Choice } from '../fields.tsx';
import { request } from '../request.ts';
import { DoneNote, ErrorNote, Words, type Wording } from '../words.tsx';
import type { Subscription } from './subscriber.ts';

const OUTCOMES: Record<string, Wording> = {
  subscribed: { zh: '已订制。', en: 'Subscribed.' },
  'pending-consent': {
    zh: '已登记,等待家长确认,确认前不收费。',
    en: "Recorded: it waits for the parent's consent and costs nothing until then.",
  },
  'already-subscribed': { zh: '已经订过,没有变化。', en: 'It is subscribed already; nothing changed.' },
  'changes-next-month': { zh: '下月起更换套餐。', en: 'The package changes next month.' },
  cancelled: { zh: '已退订,短信告知家长。', en: 'Cancelled; the parent is told by text.' },
  'free-services-cancelled': { zh: '免费服务已退订。', en: 'The free services are cancelled.' },
  'ordered-since': {
    zh: '已登记;家长此后又订制,订制照旧。',
    en: 'Recorded; the parent has ordered since, which stands.',
  },
  'cancelled-since': { zh: '已登记;此后已退订,不再恢复。', en: 'Recorded; it was cancelled since, which stands.' },
  'not-subscribed': { zh: '没有订制,无需退订。', en: 'Nothing was subscribed.' },
};
const CANCELLABLE = ['pending', 'trial', 'active'];

interface OrdersProps {
  phone: string;
  subscription: Subscription;
  carriers: Carrier[];
  channel: 'customer-service' | 'admin';
  onDone: () => void;
}

/** Cancels, and orders that wait for the parent. */
export function Orders({ phone, subscription, carriers, channel, onDone }: OrdersProps) {
  const { tenant, state } = subscription;
  const options = paidPackages(carriers, tenant);
  const [chosen, setChosen] = useState<string>();
  const [done, setDone] = useState<Wording>();
  // Of each its own: a cancel that is tried again must not pass for the order before it.
  const ordering = useAction();
  const cancelling = useAction();
  const busy = ordering.busy || cancelling.busy;
  const ordered = chosen ?? options[0]?.[0] ?? '';
  const current = subscription.package;

  function send({ run }: ReturnType<typeof useAction>, action: 'subscribe' | 'cancel', id: string) {
    const body = { phone, tenant, package: id, action, channel };
    run(
      (key) => request<{ outcome: string }>('POST', '/api/v1/orders', { body, key }),
      ({ outcome }) => {
        setDone(OUTCOMES[outcome] ?? { zh: outcome, en: '' });
        onDone();
      },
    );
  }

  function order(event: SubmitEvent) {
    event.preventDefault();
    send(ordering, 'subscribe', ordered);
  }

  return (
    <>
      <h3>
        <Words zh="办理" en="Order or cancel" />
      </h3>
      <ErrorNote error={ordering.error ?? cancelling.error} />
      <DoneNote done={done} />
      <form className="bar" onSubmit={order}>
        <Choice
          zh="套餐"
          en="Package"
          name="package"
          value={ordered}
          options={options}
          onChange={(id) => {
            setChosen(id);
            ordering.changed();
          }}
        />
        <button disabled={busy || !ordered}>
          <Words zh="代为订制" en="Order" />
        </button>
      </form>
      <p className="hint">
        <Words
          zh="代订不等于同意:家长回复短信或交回签字回执之前,订单一直待确认,不收费。"
          en="An order waits, and costs nothing, until the parent consents by text or signed slip."
        />
      </p>
      {current && CANCELLABLE.includes(state) && (
        <Confirm
          zh="退订"
          en="Cancel"
          disabled={busy}
          question={{
            zh: `退订“${current.name}”及其附带服务,立即停止?`,
            en: 'Cancel it and what comes with it, at once?',
          }}
          onConfirm={() => send(cancelling, 'cancel', current.id)}
        />
      )}
    </>
  );
}
