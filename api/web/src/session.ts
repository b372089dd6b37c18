/** Who is signed in. */
export interface Session {
  id: string;
  role: string;
  tenants: string[];
}
