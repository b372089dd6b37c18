/** Who is signed in, and what they may do: each right with how far it reaches. */
export interface Session {
  account: { id: string; tenants: string[] };
  role: string;
  may: Record<string, string>;
}
