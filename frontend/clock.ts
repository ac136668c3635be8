// The server's clock, as far as the live stream has told us: a wrong clock on the desk must not move a deadline.
let ahead = 0;

export function now(): number {
  return Date.now() + ahead;
}

export function serverSays(milliseconds: number): void {
  ahead = milliseconds - Date.now();
}
