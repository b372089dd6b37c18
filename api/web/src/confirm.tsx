import { useState } from 'react';
import { Words, type Wording } from './words.tsx';

interface ConfirmProps extends Wording {
  /** What will happen, asked before it does. */
  question: Wording;
  disabled?: boolean;
  onConfirm: () => void;
}

/** A button for what can't be taken back: it asks first. */
export function Confirm({ zh, en, question, disabled = false, onConfirm }: ConfirmProps) {
  const [asking, setAsking] = useState(false);
  if (!asking)
    return (
      <button type="button" className="quiet" disabled={disabled} onClick={() => setAsking(true)}>
        <Words zh={zh} en={en} />
      </button>
    );
  return (
    <div className="asking" role="group" aria-label={question.zh}>
      <p>
        <Words {...question} />
      </p>
      <button
        type="button"
        disabled={disabled}
        onClick={() => {
          setAsking(false);
          onConfirm();
        }}
      >
        <Words zh={`确定${zh}`} en="Yes" />
      </button>{' '}
      <button type="button" className="quiet" onClick={() => setAsking(false)}>
        <Words zh="返回" en="Back" />
      </button>
    </div>
  );
}
