import type { Board, BoardDevice } from "./board.ts";

/** What is plugged into a device, by path: "kmi0.ps2-keyboard" where there is room for one, "i2c0.eeprom" on a bus. */
export function pluggedInto(path: string, { child, children = {} }: BoardDevice): [string, BoardDevice][] {
  return [
    ...child ? [[`${path}.${child.use}`, child] as [string, BoardDevice]] : [],
    ...Object.entries(children).map(([name, one]): [string, BoardDevice] => [`${path}.${name}`, one]),
  ];
}

/** All devices of a board by path, each before what is plugged into it. */
export function devicePaths(board: Pick<Board, "devices">): Map<string, BoardDevice> {
  const paths = new Map<string, BoardDevice>();
  const walk = (path: string, device: BoardDevice) => {
    paths.set(path, device);
    for (const [inner, plugged] of pluggedInto(path, device)) walk(inner, plugged);
  };
  for (const [name, device] of Object.entries(board.devices)) walk(name, device);
  return paths;
}
