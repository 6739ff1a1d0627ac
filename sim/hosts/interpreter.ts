// Device host (b): the program in the real Espruino interpreter (its Linux build), one child process a boot.
//
// The child runs loaderText. Commands go to it through one named pipe, each behind its length in six hex digits;
// JSON lines of the device world come back through another: both ends block, so nothing polls and binary data is
// safe. Its console (standard output) is kept for the text of errors. Between a command and its end the child goes
// through its own idle loop, which runs the promise reactions.
//
// Heap. The Linux build doubles its 4,096 variables when they are used up, so running out is emulated: ballast is
// allocated until exactly board.variables remain for the interpreter itself (its 75 to 100 at start count) and the
// program, not counting the device world, this loader and the calls with which they enter the program (the deeper
// ones, of frames and promises, are counted in part, some tens of variables too many). An allocation that finds nothing free collects garbage
// first and then grows the heap; growth is therefore the same event as out of memory on a board, and is an error
// here. The program's code runs from the build's emulated flash, as saved code does on a board, and takes no heap.
//
// What stays different: a variable is 27 bytes on 64-bit Linux and 13 on a Puck.js (12-bit references). A flat
// string or typed array of n bytes takes 1 + ceil(n / 27) variables here and 1 + ceil(n / 13) there (typed arrays
// one more; flat from 42 bytes here, 18 there). Other strings hold 20 bytes, then 21 a variable, here; 8, then 9,
// there. Names up to 8 characters are one variable here, up to 4 there; whole numbers in arrays and objects share
// the variable of their name for 32 bits here, for -2048..2047 there. Objects, functions, floats, links: alike.
// So figures of here are a lower bound for a board: bytes take up to 2.1 times as many variables there, strings
// 2.3 times. An exact run needs an ARM build of the interpreter.

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { accessSync, closeSync, constants, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, write, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { DeviceError } from "../errors.ts";
import { emptyOutput } from "../types.ts";
import type { BootOptions, DeviceHost, MemoryReport, Output, SimBoard, StorageImage } from "../types.ts";
import { worldText } from "../world.ts";
import { OutputCollector, boardText, radioText, worldBoot } from "./lines.ts";
import { serveThumb } from "./thumb.ts";

const loaderText = String.raw`var __sim={};
(function(sim){
  const fresh=process.memory().usage;
  const fs=require("fs");
  const flash=require("Storage");
  const config=JSON.parse(fs.readFileSync("host.json"));
  const later=setTimeout;
  const leave=quit;
  const input=E.openFile("in","r");
  const output=E.openFile("out","w");
  let peak=0;
  let usage=0;
  let total=0;
  let overhead=0;
  let depth=0;
  let ballast=[];
  const emit=function(line){output.write(line+"\n");};
  const sample=function(inside){
    const m=process.memory();
    usage=m.usage-overhead-(inside?depth:0);
    if(usage>peak)peak=usage;
    if(total&&m.total>total)usage=-1;
    return m;
  };
  const file=function(name){
    let path="s/";
    for(let i=0;i<name.length;i++)path+=(256+name.charCodeAt(i)).toString(16).substr(1);
    return path;
  };
  const get=function(name){
    let data;
    try{data=fs.readFileSync(file(name));}catch(e){data=undefined;}
    return data===undefined?undefined:data.substr(1);
  };
  const names=function(){
    const list=[];
    fs.readdirSync("s").forEach(function(hex){
      let name="";
      for(let i=0;i<hex.length;i+=2)name+=String.fromCharCode(parseInt(hex.substr(i,2),16));
      if(hex[0]!==".")list.push(name);
    });
    return list.sort();
  };
  const host={
    emit:emit,
    get:get,
    set:function(name,data){fs.writeFileSync(file(name),"="+data);},
    remove:function(name){if(get(name)!==undefined)fs.unlink(file(name));},
    names:names,
    halt:function(){while(true)input.read(6);},
    native:function(operation,bytes){
      // in pieces: what the simulator needs for it must not look like the program's
      const read=function(){return input.read(parseInt(input.read(6),16));};
      output.write('{"k":"n","o":'+operation+',"d":"');
      for(let i=0;i<bytes.length;i+=300)output.write(btoa(bytes.subarray(i,Math.min(i+300,bytes.length))));
      output.write('"}\n');
      for(let i=0;i<bytes.length;i+=300)bytes.set(E.toUint8Array(atob(read())),i);
      return read();
    },
    sample:sample
  };
  const store=function(from,name){
    const f=E.openFile(from[0],"r");
    let at=0;
    while(at<from[1]){
      const part=f.read(Math.min(1024,from[1]-at));
      flash.write(name,part,at,from[1]);
      at+=part.length;
    }
    f.close();
  };
  if(config.variables){
    store(["bundle.js",config.size],".bundle");
    config.modules.forEach(function(m){store(m,m[2]);});
  }
  const world=eval(fs.readFileSync("world.js"))(host,JSON.parse(fs.readFileSync("boot.json")),eval(fs.readFileSync("radio.js")),eval(fs.readFileSync("board.js")));
  const done=function(){
    sample(false);
    emit('{"k":"m","p":'+peak+',"u":'+usage+'}');
    world.finish();
    later(sim.tick,0);
  };
  sim.tick=function(){
    const head=input.read(6);
    if(head===undefined||head.length<6){leave();return;}
    const line=input.read(parseInt(head,16));
    const at=line.indexOf(" ");
    const time=parseInt(line.substring(1,at),10)/1000;
    if(line[0]==="F")world.frame(time,line.substr(at+1));
    else if(line[0]==="L"){
      const mtu=line.substr(at+3);
      world.link(time,line[at+1]==="1",mtu?parseInt(mtu,10):undefined);
    }
    else world.run(time);
    later(done,0);
  };
  sim.code=function(){return config.variables?flash.read(".bundle"):fs.readFileSync("bundle.js");};
  sim.started=function(){later(done,0);};
  // From here on nothing is added but the program's own.
  if(!config.variables&&config.modules.length){
    // Without flash: a module is read when it is first required.
    const load=require;
    global.require=function(name){
      config.modules.forEach(function(m){
        if(m[2]===name&&m[1])Modules.addCached(name,fs.readFileSync(m[0]));
        if(m[2]===name)m[1]=0;
      });
      return load(name);
    };
  }
  let m=process.memory();
  // The world's own calls around a callback take variables while it runs; a board's take none.
  const deep=function(){depth=process.memory().usage-m.usage;};
  world.probe(deep);
  m=process.memory();
  world.probe(deep);
  if(config.variables){
    const spare=config.variables-fresh+depth;
    while(m.free<spare+100){
      for(let i=0;i<100;i++)ballast.push(i);
      m=process.memory();
      if(m.free+ballast.length>=spare+100)ballast=[];
      m=process.memory();
    }
    ballast=[new Uint8Array((m.free-spare-20)*m.blocksize)];
    m=process.memory();
    while(m.free>spare){
      ballast.push(0);
      m=process.memory();
    }
    total=m.total;
  }
  overhead=m.usage-fresh;
  peak=0;
})(__sim);
eval(__sim.code());
__sim.started();
__sim=undefined;
`;

/** Path of the interpreter: $ESPRUINO_LINUX, else espruino-linux on PATH; undefined when there is none. */
export function findInterpreter(): string | undefined {
  const named = process.env["ESPRUINO_LINUX"];
  const candidates = named ? [named] : (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "espruino-linux"));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface InterpreterOptions {
  /** The executable. Default: findInterpreter(). */
  path?: string;
  /** "board": board.variables in all, code in flash (plain loops run 3.6 times slower, key generation 1.5 times). "free": heap as large as needed, code in RAM. Default "board". */
  heap?: "board" | "free";
  /** Milliseconds of real time that one command may take; a curve operation takes seconds. Default 600,000. */
  timeout?: number;
}

// behind its length in six hex digits
const framed = (text: string): string => text.length.toString(16).padStart(6, "0") + text;
// the interpreter's numbers come out of whole ones exactly
const micros = (ms: number): number => Math.round(ms * 1000);
const storedName = (name: string): string => Buffer.from(name.slice(0, 28), "latin1").toString("hex");

/** A virtual device in the real interpreter. */
export class InterpreterHost implements DeviceHost {
  readonly #path: string;
  readonly #heap: "board" | "free";
  readonly #timeout: number;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #input = -1;
  #output: Socket | undefined;
  #transcript = "";
  #pending = "";
  #variables = 0;
  #cut = false;
  #board: SimBoard | undefined;
  #memory: MemoryReport | undefined;
  #onLine: (line: string) => void = () => undefined;
  #onEnd: () => void = () => undefined;

  /** Throws DeviceError "interpreter-missing" when there is no interpreter. */
  constructor(options: InterpreterOptions = {}) {
    const path = options.path ?? findInterpreter();
    if (path === undefined) throw new DeviceError("interpreter-missing", "no espruino-linux found: set ESPRUINO_LINUX or put it on PATH");
    this.#path = path;
    this.#heap = options.heap ?? "board";
    this.#timeout = options.timeout ?? 600_000;
    this.#folder = mkdtempSync(join(tmpdir(), "e3x-sim-"));
    mkdirSync(join(this.#folder, "s"));
    const made = spawnSync("mkfifo", ["in", "out"], { cwd: this.#folder });
    if (made.status !== 0) throw new DeviceError("interpreter-missing", "cannot make named pipes with mkfifo", String(made.stderr));
  }

  async boot(options: BootOptions): Promise<Output> {
    this.#stop();
    this.#cut = false;
    this.#board = options.board;
    const file = (name: string): string => join(this.#folder, name);
    if (options.storage) {
      for (const name of readdirSync(file("s"))) rmSync(join(file("s"), name));
      // One byte stands before the content: the interpreter reads an empty file as no file.
      for (const [name, bytes] of Object.entries(options.storage)) writeFileSync(join(file("s"), storedName(name)), Buffer.concat([Buffer.from("="), bytes]));
    }
    rmSync(file("espruino.flash"), { force: true });
    const modules = Object.entries(options.modules ?? {}).map(([name, text], i) => {
      writeFileSync(file(`m${i}`), text, "latin1");
      return [`m${i}`, text.length, name];
    });
    this.#variables = this.#heap === "board" ? options.board.variables : 0;
    writeFileSync(file("host.json"), JSON.stringify({ variables: this.#variables, size: options.bundle.length, modules }));
    writeFileSync(file("boot.json"), worldBoot(options));
    writeFileSync(file("world.js"), worldText);
    writeFileSync(file("radio.js"), radioText(options.radio));
    writeFileSync(file("board.js"), boardText(options.board.name));
    writeFileSync(file("bundle.js"), options.bundle, "latin1");
    writeFileSync(file("loader.js"), loaderText);
    this.#start();
    return this.#collect(options.time ?? 0, undefined);
  }

  frame(time: number, bytes: Uint8Array): Promise<Output> {
    return this.#collect(time, `F${micros(time)} ${Buffer.from(bytes).toString("base64")}`);
  }

  link(time: number, up: boolean, mtu?: number): Promise<Output> {
    return this.#collect(time, `L${micros(time)} ${up ? 1 : 0} ${mtu ?? ""}`);
  }

  run(time: number): Promise<Output> {
    return this.#collect(time, `R${micros(time)} `);
  }

  async storage(): Promise<StorageImage> {
    const image: StorageImage = {};
    const folder = join(this.#folder, "s");
    for (const name of readdirSync(folder).sort()) image[Buffer.from(name, "hex").toString("latin1")] = Uint8Array.from(readFileSync(join(folder, name)).subarray(1));
    return image;
  }

  async close(): Promise<void> {
    this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(): void {
    // Opened for reading and writing, a named pipe does not wait for its other end.
    this.#input = openSync(join(this.#folder, "in"), constants.O_RDWR);
    const output = new Socket({ fd: openSync(join(this.#folder, "out"), constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
    output.setEncoding("latin1");
    output.on("data", (text: string) => {
      const lines = (this.#pending + text).split("\n");
      this.#pending = lines.pop() ?? "";
      for (const line of lines) this.#onLine(line);
    });
    this.#output = output;
    this.#transcript = "";
    this.#pending = "";
    this.#memory = undefined;
    // Standard input stays open and silent: its end would be read as noise.
    const child = spawn(this.#path, ["loader.js"], { cwd: this.#folder, stdio: ["pipe", "pipe", "pipe"] });
    const hear = (data: Buffer): void => {
      this.#transcript = (this.#transcript + data.toString("latin1")).slice(-8192);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("error", (error) => { this.#transcript += error.message; });
    child.on("close", () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#onEnd();
    });
    this.#child = child;
  }

  #stop(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
    this.#output?.destroy();
    this.#output = undefined;
    if (this.#input >= 0) closeSync(this.#input);
    this.#input = -1;
  }

  // Sends a command (none after a boot) and gathers lines until the one that ends it.
  #collect(time: number, command: string | undefined): Promise<Output> {
    const child = this.#child;
    if (this.#cut) return Promise.resolve(emptyOutput(time));
    if (child === undefined) return Promise.reject(new DeviceError("device-ended", "the device is not running"));
    const collector = new OutputCollector(time);
    return new Promise<Output>((resolve, reject) => {
      const settle = (error?: DeviceError): void => {
        clearTimeout(timer);
        this.#onLine = () => undefined;
        this.#onEnd = () => undefined;
        if (error === undefined) {
          if (this.#memory) collector.output.memory = this.#memory;
          resolve(collector.output);
        } else {
          this.#stop();
          reject(error);
        }
      };
      const send = (text: string): void => {
        write(this.#input, Buffer.from(text, "latin1"), (error) => {
          if (error) settle(new DeviceError("device-ended", `cannot write to the interpreter: ${error.message}`));
        });
      };
      const timer = setTimeout(() => {
        settle(new DeviceError("device-timeout", `the interpreter did not finish a command within ${this.#timeout} ms`, this.#saying()));
      }, this.#timeout);
      this.#onEnd = () => {
        const what = command === undefined ? "the bundle does not start" : "the interpreter ended";
        settle(new DeviceError(command === undefined ? "device-boot" : "device-ended", what, this.#saying()));
      };
      this.#onLine = (line) => {
        if (line.startsWith('{"k":"m"')) {
          const { p, u } = JSON.parse(line) as { p: number; u: number };
          this.#memory = { peak: p, usage: u, variables: this.#variables };
        } else if (line.startsWith('{"k":"n"')) {
          const { o, d } = JSON.parse(line) as { o: number; d: string };
          const bytes = Uint8Array.from(Buffer.from(d, "base64"));
          const answer = serveThumb(this.#board!, o, bytes);
          let text = "";
          for (let i = 0; i < bytes.length; i += 300) text += framed(Buffer.from(bytes.subarray(i, i + 300)).toString("base64"));
          send(text + framed(answer));
        } else if (collector.add(line)) {
          // without power it waits for a boot, in the middle of a write
          if ((this.#cut = collector.output.cut ?? false)) this.#stop();
          const out = this.#memory !== undefined && this.#memory.usage < 0;
          settle(out ? new DeviceError("device-memory", `the program needs more than the board's ${this.#variables} variables`, this.#saying()) : undefined);
        }
      };
      if (command === undefined) return;
      send(framed(command));
    });
  }

  // What the console said, without the banner and its control characters.
  #saying(): string {
    const text = this.#transcript.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").replace(/\r/g, "");
    const banner = text.indexOf("espruino.com/Donate");
    return (banner < 0 ? text : text.slice(banner + 19)).trim();
  }
}
