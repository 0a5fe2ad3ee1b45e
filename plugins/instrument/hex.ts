/** An address as it is printed. */
export function hex(address: number): string {
  return `0x${address.toString(16).padStart(8, "0")}`;
}
