import { useState } from 'react';
import { useAnswer } from './asking.ts';
import { Compose, type Offer } from './compose.tsx';
import { More } from './more.tsx';
import { usePages } from './paging.ts';
import { Progress } from './progress.tsx';
import { request } from './request.ts';
import { Card, ErrorNote, Time, Words } from './words.tsx';

interface Message {
  id: string;
  kind: string;
  text: string;
  state: string;
  createdAt: string;
}

/** A teacher's page: write, watch, look back. */
export function MessagesPage() {
  const { answer: offer, error } = useAnswer((signal) => request<Offer>('GET', '/api/v1/classes', { signal }));
  const [watched, setWatched] = useState<string>();
  const {
    items: messages,
    next,
    load,
    error: listError,
  } = usePages((signal, cursor) =>
    request<{ messages: Message[]; next?: string }>('GET', `/api/v1/messages${cursor ? `?cursor=${cursor}` : ''}`, {
      signal,
    }).then(({ messages: items, ...rest }) => ({ items, ...rest })),
  );

  function sent(id: string) {
    setWatched(id);
    load();
  }

  const kindOf = (id: string) => offer?.kinds.find((kind) => kind.id === id)?.zh ?? id;
  return (
    <>
      <ErrorNote error={error ?? listError} />
      {offer && <Compose offer={offer} onSent={sent} />}
      <Card zh="最近的消息" en="Recent messages">
        {messages?.length === 0 && (
          <p>
            <Words zh="还没有消息" en="None yet" />
          </p>
        )}
        <ul className="list">
          {messages?.map((message) => (
            <li key={message.id}>
              <button
                className="row"
                aria-expanded={watched === message.id}
                onClick={() => setWatched(watched === message.id ? undefined : message.id)}
              >
                <span className="badge">{kindOf(message.kind)}</span>
                <span className="clip">{message.text}</span>
                <Time at={message.createdAt} />
              </button>
              {watched === message.id && <Progress id={message.id} text={message.text} />}
            </li>
          ))}
        </ul>
        <More next={next} load={load} />
      </Card>
    </>
  );
}
