export { CurveJob, SLOW } from "../shared/curve.ts";
