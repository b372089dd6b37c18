import { useState, type SubmitEvent } from 'react';
import { segmentsOf } from '../../../workflows/domain/sms-text.ts';
import { CLASS_MESSAGE } from '../../../workflows/domain/texts/message.ts';
import { useAction } from './action.ts';
import { Choice, TextArea, TextField } from './fields.tsx';
import { request } from './request.ts';
import { ErrorNote, instantOf, Words } from './words.tsx';

/** What a teacher may write to and about. */
export interface Offer {
  school: { id: string; name: string };
  /** Who signs beside the school; null: the school alone. */
  sender: string | null;
  kinds: { id: string; zh: string; en: string }[];
  classes: { id: string; name: string; students: number; homeroom: boolean }[];
}

const MAX_TEXT = 1000;

/** Classes, kind, text, send. */
export function Compose({ offer, onSent }: { offer: Offer; onSent: (id: string) => void }) {
  const [classIds, setClassIds] = useState(offer.classes.filter(({ homeroom }) => homeroom).map(({ id }) => id));
  const [kind, setKind] = useState(offer.kinds[0]?.id ?? '');
  const [text, setText] = useState('');
  const [sendAt, setSendAt] = useState('');
  const { busy, error, run, changing } = useAction();

  const chosen = offer.classes.filter(({ id }) => classIds.includes(id));
  const students = chosen.reduce((sum, each) => sum + each.students, 0);
  const asSent = longestSent(
    offer,
    chosen.map(({ name }) => name),
    text,
  );

  function toggle(id: string) {
    changing(setClassIds)(classIds.includes(id) ? classIds.filter((each) => each !== id) : [...classIds, id]);
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const body = { kind, audience: { classIds }, text, ...(sendAt ? { sendAt: instantOf(sendAt) } : {}) };
    run(
      (key) => request<{ id: string }>('POST', '/api/v1/messages', { body, key }),
      ({ id }) => {
        setText('');
        setSendAt('');
        onSent(id);
      },
    );
  }

  return (
    <form className="card" onSubmit={submit}>
      <h2>
        <Words zh={`给${offer.school.name}家长发消息`} en="Write to parents" />
      </h2>
      <fieldset>
        <legend>
          <Words zh="班级" en="Classes" />
        </legend>
        <div className="choices">
          {offer.classes.map(({ id, name, students, homeroom }) => (
            <label key={id} className="choice">
              <input
                type="checkbox"
                name="class"
                value={id}
                checked={classIds.includes(id)}
                onChange={() => toggle(id)}
              />
              {name}{' '}
              <small>
                {students}人{homeroom && ' · 班主任'}
              </small>
            </label>
          ))}
        </div>
      </fieldset>
      <Choice
        zh="类别"
        en="Kind"
        name="kind"
        value={kind}
        onChange={changing(setKind)}
        options={offer.kinds.map(({ id, zh, en }) => [id, `${zh} ${en}`])}
      />
      <TextArea
        zh="内容"
        en="Text"
        name="text"
        rows={4}
        maxLength={MAX_TEXT}
        value={text}
        required
        aria-describedby="text-size"
        onChange={changing(setText)}
      />
      <p id="text-size" className="hint" aria-live="polite">
        {text.length}/{MAX_TEXT} 字 · <strong>{text === '' ? 0 : segmentsOf(asSent)}</strong> 条短信{' '}
        <span className="en" lang="en">
          segments per phone
        </span>{' '}
        <Words zh="含署名；几个孩子共用的手机另加孩子姓名" en="signature included; siblings are named besides" />
      </p>
      <TextField
        zh="定时（可不填）"
        en="Send later (optional)"
        name="sendAt"
        type="datetime-local"
        value={sendAt}
        onChange={changing(setSendAt)}
      />
      <ErrorNote error={error} />
      <button disabled={busy || classIds.length === 0 || text.trim() === ''}>
        <Words zh={`发送给 ${classIds.length} 个班 ${students} 名学生的家长`} en="Send" />
      </button>
    </form>
  );
}

/** What the longest of the texts says: they differ by the class in their signature. */
function longestSent({ school, sender }: Offer, classNames: string[], body: string): string {
  const longest = classNames.reduce((a, b) => (b.length > a.length ? b : a), '');
  const children = [{ name: '', className: longest }];
  return CLASS_MESSAGE.zh({ school: school.name, teacher: sender, children, shared: false, body });
}
