import { useEffect, useState } from 'react';
import { Compose, type Offer } from './compose.tsx';
import { Progress } from './progress.tsx';
import { request, type Refusal } from './request.ts';
import { ErrorNote, Time, Words } from './words.tsx';

interface Message {
  id: string;
  kind: string;
  text: string;
  state: string;
  createdAt: string;
}

/** A teacher's page: write, watch, look back. */
export function MessagesPage() {
  const [offer, setOffer] = useState<Offer>();
  const [messages, setMessages] = useState<Message[]>([]);
  const [next, setNext] = useState<string>();
  const [watched, setWatched] = useState<string>();
  const [error, setError] = useState<Refusal>();

  const loadMessages = (cursor?: string) =>
    request<{ messages: Message[]; next?: string }>('GET', `/api/v1/messages${cursor ? `?cursor=${cursor}` : ''}`).then(
      (page) => {
        setMessages((before) => (cursor ? [...before, ...page.messages] : page.messages));
        setNext(page.next);
      },
      setError,
    );
  useEffect(() => {
    request<Offer>('GET', '/api/v1/classes').then(setOffer, setError);
    void loadMessages();
  }, []);

  function sent(id: string) {
    setWatched(id);
    void loadMessages();
  }

  const kindOf = (id: string) => offer?.kinds.find((kind) => kind.id === id)?.zh ?? id;
  return (
    <>
      <ErrorNote error={error} />
      {offer && <Compose offer={offer} onSent={sent} />}
      <section className="card">
        <h2>
          <Words zh="最近的消息" en="Recent messages" />
        </h2>
        {messages.length === 0 && (
          <p>
            <Words zh="还没有消息" en="None yet" />
          </p>
        )}
        <ul className="list">
          {messages.map((message) => (
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
        {next && (
          <button className="quiet" onClick={() => void loadMessages(next)}>
            <Words zh="更多" en="More" />
          </button>
        )}
      </section>
    </>
  );
}
