// Public entry of the simulator: virtual devices, a radio medium, captures and their replay.

export { captureVersion, CaptureWriter, readCapture, textHash } from "./capture.ts";
export type { AirRecord, BootRecord, Capture, CaptureHeader, CaptureRecord, CommandRecord, FrameRecord, LinkRecord, RecordedOutput, RunRecord } from "./capture.ts";
export { CaptureError, DeviceError, FrameSizeError, SimError } from "./errors.ts";
export type { SimErrorCode } from "./errors.ts";
export { Gateway } from "./gateway.ts";
export type { GatewayOptions, Received } from "./gateway.ts";
export { askBuiltins } from "./hosts/builtins.ts";
export type { BuiltinList } from "./hosts/builtins.ts";
export { espruinoBuiltins } from "./hosts/espruino-builtins.ts";
export { findInterpreter, InterpreterHost } from "./hosts/interpreter.ts";
export type { InterpreterOptions } from "./hosts/interpreter.ts";
export { VmHost } from "./hosts/vm.ts";
export { Medium } from "./medium.ts";
export type { Fate, MediumOptions } from "./medium.ts";
export { deriveState, sfc32, uniform } from "./random.ts";
export { replay, sameProgram } from "./replay.ts";
export type { Difference, Program, ReplayOptions, ReplayResult } from "./replay.ts";
export { provision, Scenario } from "./scenario.ts";
export type { AirPacket, ScenarioOptions, ScenarioResult } from "./scenario.ts";
export { Simulator } from "./simulator.ts";
export type { DeviceOptions, SimEvent, SimulatorOptions } from "./simulator.ts";
export { emptyOutput } from "./types.ts";
export type { BootOptions, DeviceHost, Happening, Json, MemoryReport, Node, Output, RadioKind, Faults, SimBoard, StorageImage } from "./types.ts";
