import type { ComponentProps, ReactNode } from 'react';
import { Words, type Wording } from './words.tsx';

/** A field under its name. */
export function Field({ zh, en, children }: Wording & { children: ReactNode }) {
  return (
    <label>
      <Words zh={zh} en={en} />
      {children}
    </label>
  );
}

type Written = { value: string; onChange: (value: string) => void };
type Named<Element extends 'input' | 'textarea' | 'select'> = Wording &
  Written &
  Omit<ComponentProps<Element>, keyof Written>;

/** One line to write. */
export function TextField({ zh, en, onChange, ...input }: Named<'input'>) {
  return (
    <Field zh={zh} en={en}>
      <input {...input} onChange={(event) => onChange(event.target.value)} />
    </Field>
  );
}

/** A phone's digits; whoever pastes one brings spaces along. */
export function PhoneField(props: Written & { autoFocus?: boolean }) {
  return (
    <TextField
      {...props}
      zh="手机号"
      en="Phone"
      name="phone"
      inputMode="numeric"
      pattern="\d{5,15}"
      required
      onChange={(value) => props.onChange(value.trim())}
    />
  );
}

/** The number of a signed paper, by which it is found again. */
export function SlipField(props: Wording & Written & { required?: boolean }) {
  return <TextField {...props} name="slip" maxLength={64} autoComplete="off" />;
}

/** Several lines to write. */
export function TextArea({ zh, en, onChange, ...area }: Named<'textarea'>) {
  return (
    <Field zh={zh} en={en}>
      <textarea {...area} onChange={(event) => onChange(event.target.value)} />
    </Field>
  );
}

/** One of several. */
export function Choice({
  zh,
  en,
  onChange,
  options,
  ...select
}: Named<'select'> & { options: [id: string, words: string][] }) {
  return (
    <Field zh={zh} en={en}>
      <select {...select} onChange={(event) => onChange(event.target.value)}>
        {options.map(([id, words]) => (
          <option key={id} value={id}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  );
}
