export { Console, type AskOptions, type Wire } from "./console.ts";
export { crc32 } from "./crc32.ts";
export { FlashError, type FlashErrorCode } from "./errors.ts";
export { boardIds, factsOf, requireBoard, requireRoom, type Facts } from "./facts.ts";
export { flash, type Flashed, type FlashedFile, type FlashOptions } from "./flash.ts";
export { linesOf, planOf, roomOf, type Plan, type PlannedFile } from "./plan.ts";
export { Port } from "./port.ts";
export { seedFile, type StorageFile } from "./seed.ts";
export { upload } from "./upload.ts";
