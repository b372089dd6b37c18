/** A text to the short code as it is answered: with who sent it, and the way back to that phone. */
import type * as conversation from '../infra/postgres/conversation.ts';
import { enqueueSms } from '../infra/postgres/outbox.ts';
import type { Db } from '../infra/postgres/pool.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';

/** A text with who sent it. */
export interface Incoming {
  mo: conversation.Mo;
  guardian: conversation.Guardian | undefined;
  /** Whether the phone is a teacher's; not asked of a guardian's, who is a parent in all that is a parent's. */
  isTeacher: boolean;
  children: conversation.GuardiansChild[];
  profile: CarrierProfile;
  workflowId: string;
}

export type Outcome = conversation.MoOutcome;

/** Queues the one text back to the phone that wrote. */
export async function answer(db: Db, { mo, guardian, profile, workflowId }: Incoming, body: string): Promise<void> {
  await enqueueSms(db, [
    {
      origin: `mo/${mo.id}/answer`,
      tenant: mo.tenant,
      workflowId,
      kind: 'answer',
      phone: mo.phone,
      source: profile.shortCode,
      body,
      guardianId: guardian?.id,
    },
  ]);
}
