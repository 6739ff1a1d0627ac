// Public entry of the simulator: virtual devices, a radio medium, captures and their replay.

export { captureVersion, CaptureWriter, isCommand, readCapture, textHash } from "./capture.ts";
export type {
  AirRecord,
  BootRecord,
  Capture,
  CaptureHeader,
  CaptureRecord,
  CommandRecord,
  FrameRecord,
  JoinRecord,
  LinkRecord,
  LogRecord,
  MediumRecord,
  RecordedOutput,
  RunRecord,
} from "./capture.ts";
export { CaptureError, DeviceError, FrameSizeError, SimError } from "./errors.ts";
export type { SimErrorCode } from "./errors.ts";
export { Gateway } from "./gateway.ts";
export type { GatewayOptions, Received } from "./gateway.ts";
export { askBuiltins } from "./hosts/builtins.ts";
export type { BuiltinList } from "./hosts/builtins.ts";
export { espruinoBuiltins } from "./hosts/espruino-builtins.ts";
export { findFixedInterpreter, findInterpreter } from "./hosts/executables.ts";
export { InterpreterHost } from "./hosts/interpreter.ts";
export type { InterpreterOptions } from "./hosts/interpreter.ts";
export { VmHost } from "./hosts/vm.ts";
export { Engine } from "./engine.ts";
export type { Cancel, Work } from "./engine.ts";
export { IdealMedium } from "./media/ideal.ts";
export type { Fate, IdealOptions } from "./media/ideal.ts";
export { AdvertisingMedium } from "./media/advertising.ts";
export type { AdvertisingOptions } from "./media/advertising.ts";
export { BleMedium, dataAir } from "./media/ble.ts";
export type { BleOptions, Phy } from "./media/ble.ts";
export { Ieee802154Medium } from "./media/ieee802154.ts";
export type { Ieee802154Options } from "./media/ieee802154.ts";
export { LoRaMedium, eu868, eu868Bands, loraAirtime, loraSensitivity } from "./media/lora.ts";
export type { Band, LoRaModulation, LoRaOptions } from "./media/lora.ts";
export { Nrf24Medium, nrf24Airtime, nrf24Figures } from "./media/nrf24.ts";
export type { Nrf24Options, Nrf24Rate } from "./media/nrf24.ts";
export { SerialMedium } from "./media/serial.ts";
export type { SerialOptions } from "./media/serial.ts";
export { UdpMedium } from "./media/udp.ts";
export type { UdpOptions } from "./media/udp.ts";
export { BaseMedium } from "./media/medium.ts";
export type { LossOptions } from "./media/loss.ts";
export { Propagation } from "./media/propagation.ts";
export type { Position, PropagationOptions } from "./media/propagation.ts";
export { Keylog } from "./keylog.ts";
export { pcapngBlocks, toPcapng } from "./pcapng/index.ts";
export type { PcapngOptions } from "./pcapng/index.ts";
export { reportHtml } from "./report/index.ts";
export type { Reading, ReportOptions } from "./report/index.ts";
export { explain, scenario } from "./scenarios/ava.ts";
export type { Test } from "./scenarios/ava.ts";
export { commandOf } from "./scenarios/command.ts";
export { checkScenario, loadScenario } from "./scenarios/load.ts";
export type { Loaded } from "./scenarios/load.ts";
export type { Breach, Delivery, DeviceOutcome, GatewayOutcome, MediumOutcome, Outcome, Verdict } from "./outcome.ts";
export { runScenario } from "./scenarios/run.ts";
export type { RunOptions, RunProgress } from "./scenarios/run.ts";
export type { AdversaryOf, DeviceGroup, Expectation, Fault, GatewayOf, Scenario, Traffic } from "./scenario.ts";
export { failure, shrink, sizeOf } from "./scenarios/shrink.ts";
export type { Failure, ShrinkOptions, ShrinkProgress } from "./scenarios/shrink.ts";
export { mediumOf } from "./media/index.ts";
export type { MediumOptions } from "./media/index.ts";
export type { Medium, MediumKind, Reception, Station, Transmission, Usage, Why } from "./media/medium.ts";
export { deriveState, randomOf, sfc32, uniform } from "./random.ts";
export { replay, sameProgram } from "./replay.ts";
export type { Difference, Program, ReplayOptions, ReplayResult } from "./replay.ts";
export { provision, Telemetry } from "./telemetry.ts";
export type { AirPacket, TelemetryOptions, TelemetryResult } from "./telemetry.ts";
export { Simulator } from "./simulator.ts";
export type { DeviceOptions, SimEvent, SimulatorOptions, StationOptions } from "./simulator.ts";
export { emptyOutput } from "./types.ts";
export type {
  BootOptions,
  DeviceHost,
  Happening,
  Json,
  MemoryReport,
  Node,
  Output,
  RadioKind,
  Faults,
  SimBoard,
  StorageImage,
} from "./types.ts";
