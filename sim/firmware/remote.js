// The device's end of firmware that runs outside of it (sim/hosts/remote.ts tells what goes between the two). It is all of the simulator that is in the
// heap of the program: stubs of what the program uses, its timers, and the values that are on their way.
//
// It is called with an object, to which it gives what is to be run next. The file host.json has { variables, exact, firmware,
// thumb, flash, modules, own }.

(function(sim){
  const fresh=process.memory(false).usage;
  const fs=require("fs");
  const config=JSON.parse(fs.readFileSync("host.json"));
  const read=require("Storage").read;
  const text=function(name){return config.variables?read("."+name):fs.readFileSync(name+".js");};
  const later=setTimeout;
  const leave=quit;
  const input=E.openFile("in","r");
  const output=E.openFile("out","w");
  const RESERVE=64;
  const fns=[];
  const objects={};
  let timers={};
  let peak=0;
  let usage=0;
  let total=0;
  let overhead=0;
  let depth=0;
  let writes=0;
  let ballast=[];
  // Held while the program runs, and let go of for what the simulator does: that must not be what memory runs out in.
  let reserve;
  let spare=0;
  let ends=0;
  const hold=function(){if(spare)reserve=new Uint8Array(spare);};
  const sample=function(inside){
    // without a collection: a board collects only when it has run out, or is idle
    const m=process.memory(config.exact?false:true);
    usage=m.usage-overhead-(inside?depth:0);
    if(usage>peak)peak=usage;
    if(total&&m.total>total)usage=-1;
  };
  const describe=function(x){
    if(typeof x==="string")return x;
    if(x===undefined)return "undefined";
    if(typeof x==="function")return "function";
    if(x!==null&&typeof x==="object"&&x.message!==undefined){
      const said=""+x;
      if(said!=="[object Object]")return said;
    }
    return JSON.stringify(x);
  };

  // ---- values
  const bytes=function(letter,v){
    output.write(letter+v.length+";");
    output.write(v);
  };
  let put;
  put=function(v){
    const type=typeof v;
    if(v===undefined)output.write("u");
    else if(v===null)output.write("n");
    else if(type==="boolean")output.write(v?"t":"f");
    else if(type==="number")output.write("d"+v+";");
    else if(type==="string")bytes("s",v);
    else if(type==="function"){
      let i=fns.indexOf(v);
      if(i<0){
        i=fns.length;
        fns.push(v);
      }
      output.write("F"+i+";");
    }
    else if(v instanceof ArrayBuffer)bytes("a",new Uint8Array(v));
    else if(v.byteLength!==undefined)bytes("b",v.byteLength===v.length?v:new Uint8Array(v.buffer));
    else if(Array.isArray(v)){
      output.write("["+v.length+";");
      v.forEach(put);
    }
    else if(v.$$!==undefined)output.write("O"+v.$$+";");
    else if(type==="object"&&!(v instanceof Pin)){
      const keys=Object.keys(v);
      output.write("{"+keys.length+";");
      keys.forEach(function(key){
        put(key);
        put(v[key]);
      });
    }
    else bytes("s",""+v);
  };
  const word=function(){
    return parseInt(input.read(6),16);
  };
  let call;
  let get;
  const stub=function(n){return function(){return call(n,arguments);};};
  get=function(){
    const letter=input.read(1);
    let n=word();
    if(letter==="u")return undefined;
    if(letter==="n")return null;
    if(letter==="t")return true;
    if(letter==="f")return false;
    if(letter==="F")return stub(n);
    if(letter==="O")return objects[n];
    if(letter==="["){
      const list=[];
      while(n--)list.push(get());
      return list;
    }
    if(letter==="P"||letter==="{"){
      const o={};
      if(letter==="P"){
        o.$$=n;
        objects[n]=o;
        n=word();
      }
      while(n--){
        const key=get();
        o[key]=get();
      }
      return o;
    }
    const data=n?input.read(n):"";
    return letter==="d"?parseFloat(data):letter==="s"?data:letter==="b"?E.toUint8Array(data):E.toUint8Array(data).buffer;
  };

  // ---- calls
  const run=function(op){
    const n=word();
    let f;
    let args;
    let that=global;
    if(op==="t"){
      const timer=timers[n];
      f=timer[0];
      args=timer[1];
      if(!timer[2])delete timers[n];
    }
    else {
      f=fns[n];
      that=get()||global;
      args=get();
    }
    let bad;
    hold();
    try{f.apply(that,args);}catch(e){bad=describe(e);}
    reserve=undefined;
    sample(true);
    output.write("e");
    put(bad);
  };
  const serve=function(){
    while(true){
      const op=input.read(1);
      // the other end is gone; or there was no memory for it once
      if(op===undefined&&++ends>100){leave();return;}
      if(op==="r")return get();
      if(op==="x")throw new Error(get());
      if(op==="c"||op==="t")run(op);
      else if(op==="g"){
        process.memory();
        peak=0;
      }
      else if(op==="M")Modules.addCached(get(),"exports.virtual=1");
      else if(op==="i"||op==="m"){
        // a value for a place: a global, a member of one, or of a module
        let at=op==="m"?require(get()):global;
        const path=get().split(".");
        if(path.length>1)at=at[path[0]];
        const name=path[path.length-1];
        // what is assigned to a global of the interpreter by a name that is computed is lost
        if(at===global)Object.defineProperty(global,name,{value:get()});
        else at[name]=get();
      }
    }
  };
  call=function(n,args){
    reserve=undefined;
    sample(true);
    output.write("C"+n+";"+args.length+";");
    for(let i=0;i<args.length;i++)put(args[i]);
    const answer=serve();
    hold();
    return answer;
  };

  // ---- what is done here
  const add=function(n,f,delay,repeat,args){
    if(typeof f!=="function")throw new Error("Function not supplied!");
    // whole here: text of a fraction is not exact
    const id=call(n,[Math.round(delay)]);
    timers[id]=[f,[].slice.call(args,2),repeat];
    return id;
  };
  const clear=function(n,args,repeat){
    if(args.length)delete timers[args[0]];
    else Object.keys(timers).forEach(function(id){if(timers[id][2]===repeat)delete timers[id];});
    call(n,args);
  };
  global.setTimeout=function(f,delay){return add(0,f,delay,false,arguments);};
  global.setInterval=function(f,delay){return add(1,f,delay,true,arguments);};
  global.clearTimeout=function(){clear(2,arguments,false);};
  global.clearInterval=function(){clear(3,arguments,true);};
  // exact in both engines: whole numbers, divided here
  global.getTime=function(){return call(4,[])/1000000;};
  Math.random=function(){return call(5,[])/4294967296;};
  global.print=function(){
    let line="";
    for(let i=0;i<arguments.length;i++)line+=(i?" ":"")+describe(arguments[i]);
    call(6,[line]);
  };
  console.log=console.info=console.debug=console.warn=console.error=global.print;
  if(config.firmware.length<2){
    const crypto=require("crypto");
    Modules.addCached("crypto","exports.absent=1");
    const left=require("crypto");
    config.firmware.forEach(function(name){left[name]=crypto[name];});
  }
  if(config.flash){
    const storage=require("Storage");
    const write=storage.write;
    const erase=storage.erase;
    const list=storage.list;
    const own=config.own;
    storage.write=function(name,data,offset,size){
      // a file that is the same already is not written
      if(offset||size||typeof data!=="string"||storage.read(name)!==data)writes++;
      return write(name,data,offset,size);
    };
    // program and modules are files here, which they are not in the other host
    storage.list=function(pattern){return list(pattern).filter(function(name){return own.indexOf(name)<0;});};
    storage.writeJSON=function(name,value){return storage.write(name,JSON.stringify(value));};
    storage.erase=function(name){
      if(storage.read(name)!==undefined)writes++;
      erase(name);
    };
  }
  if(config.thumb){
    const addressOf=E.getAddressOf;
    let memory;
    let file;
    let good;
    // whether something is in one piece is the interpreter's word; the flash, whose strings take one variable, can be run from
    E.getAddressOf=function(v,flat){
      const address=addressOf(v,flat);
      if(!flat)return address;
      if(typeof v==="string"){
        if(!address&&E.getSizeOf(v)>3)return 0;
        file=v;
        return 0x60000;
      }
      if(address)memory=v;
      return address?0x20001000:0;
    };
    E.nativeCall=function(address,signature,code){
      return function(operation,at,length){
        const buffer=memory;
        if(at!==0x20001000||!buffer||buffer.byteLength<96+length)throw new Error("Native code is given no memory");
        // what was found good once is not asked for again
        if(!good)call(7,[signature,address===1?code:file]);
        good=true;
        const result=call(8,[operation,buffer,length]);
        // what the native code left there follows; in pieces, as none of it is in a board's heap
        for(let i=0;i<buffer.length;i+=32)buffer.set(input.read(Math.min(32,buffer.length-i)),i);
        return result;
      };
    };
  }else E.nativeCall=undefined;
  const finish=function(){
    reserve=undefined;
    sample(false);
    output.write("D"+peak+";"+usage+";"+writes+";"+(E.getErrorFlags().indexOf("MEMORY")<0?0:1)+";");
    later(sim.tick,0);
  };
  // the reactions of promises come before what waits already
  const done=function(){later(finish,0);};
  sim.tick=function(){
    // before the program runs: what runs out of memory is interrupted, and nothing that follows is done
    later(done,0);
    serve();
  };
  sim.start=function(){
    later(done,0);
    return text("bundle");
  };
  serve();
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
  // The calls around a callback take variables while it runs; a board's take none.
  const deep=function(){depth=process.memory().usage-m.usage;};
  fns.push(deep);
  call(9,[]);
  m=process.memory();
  call(9,[]);
  fns.pop();
  m=process.memory();
  if(config.exact){
    // one piece, behind what the simulator has: what is left is in one piece, too, as it is on a board
    const more=m.free-(config.variables-fresh+depth+RESERVE);
    spare=(RESERVE-4)*m.blocksize;
    if(more>3)ballast=new Uint8Array((more-3)*m.blocksize);
    // without a build that has more variables than the board the simulator takes some of the board's
    call(10,[Math.min(config.variables,m.free+fresh-depth-RESERVE)]);
    reserve=undefined;
  }else if(config.variables){
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
  m=process.memory();
  overhead=m.usage-fresh;
  peak=0;
})
