import type { Board } from "../build/index.ts";

/** process.env.BOARD where it is not the board's name in capitals: the names of Espruino's board files (boards/*.py). */
const ids: Record<string, readonly string[]> = {
  puckjs: ["PUCKJS", "PUCKJS_LITE", "PUCKJS_NETWORK", "PUCKJS_MINIMAL"],
  pixljs: ["PIXLJS", "PIXLJS_WIZ"],
  pico: ["PICO_R1_3"],
  esp32: ["ESP32", "ESP32_IDF4"],
  esp32c3: ["ESP32C3_IDF4"],
  esp32s3: ["ESP32S3_IDF4"],
  esp8266: ["ESP8266_4MB", "ESP8266_BOARD"],
  rp2040: ["RP2040_PICO"],
};

/** What process.env.BOARD may be on a board. */
export function boardIds(board: Pick<Board, "name">): readonly string[] {
  return ids[board.name] ?? [board.name.toUpperCase()];
}
