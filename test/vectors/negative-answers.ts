/**
 * The right answer to every entry of peers/negative.json, by the specification and peers.md, not by what a peer does.
 * By group and name; one result for each operation that negative-cases.ts makes of the entry, in the words of target.ts:
 * bytes that are given, "!CODE" for a typed error, and for handshakes what each led to and then the state of the exchange.
 *
 * Of a message there are two: what `Self.decrypt` gives, which knows no sender and so can vouch for nothing, and what
 * is given where the sender is known and the MAC checked.
 */
export const answers: Record<string, readonly string[]> = {
  // keys
  "keys: 21-byte secret (leading 00), as telehash-c >= f280751 generates": [
    "02fbde5e5248e37f066567f9f399f24d173aeda0ff",
    "00011a02e705b180e41192ed772d1e2d424c171303ad6c4e01020304f4bbe9695994",
  ],
  "keys: 20-byte secret": [
    "02fbde5e5248e37f066567f9f399f24d173aeda0ff",
    "00011a02e705b180e41192ed772d1e2d424c171303ad6c4e01020304f4bbe9695994",
  ],
  "keys: secret does not match public": ["!SELF_EXCHANGE"],
  "keys: decompress: x not on the curve (x=1)": ["!KEY_OFF_CURVE"],
  "keys: peer public x not on the curve": ["!KEY_OFF_CURVE"],
  "keys: own public x not on the curve": ["00011a02e705b180e41192ed772d1e2d424c171303ad6c4e01020304f4bbe9695994"],
  "keys: x >= p (x = p + 0)": ["!KEY_RANGE"],
  "keys: x >= p (x = p + 4)": ["!KEY_RANGE"],
  "keys: x = 0 (02)": ["0000000000000000000000000000000000000000"],
  "keys: peer public with prefix 00": ["!KEY_PREFIX"],
  "keys: peer public with prefix 01": ["!KEY_PREFIX"],
  "keys: peer public with prefix 04": ["!KEY_PREFIX"],
  "keys: peer public with prefix 05": ["!KEY_PREFIX"],
  "keys: peer public with prefix 06": ["!KEY_PREFIX"],
  "keys: peer public with prefix 07": ["!KEY_PREFIX"],
  "keys: peer public with prefix ff": ["!KEY_PREFIX"],
  "keys: peer public 20 bytes": ["!KEY_LENGTH"],
  "keys: peer public 22 bytes": ["!KEY_LENGTH"],
  "keys: identity secret 0": ["!SECRET_RANGE"],
  "keys: identity secret 1": ["00011a02e705b180e41192ed772d1e2d424c171303ad6c4e01020304f4bb90f36674"],
  "keys: identity secret n (21 bytes)": ["!SECRET_RANGE"],
  "keys: identity secret n+1 (21 bytes)": ["!SECRET_RANGE"],
  "keys: identity secret n-1 (21 bytes)": ["00011a02e705b180e41192ed772d1e2d424c171303ad6c4e01020304f4bb90f36674"],
  "keys: identity secret 2^161-1": ["!SECRET_RANGE"],

  // message
  "message: BODY cut to 0 bytes: decrypt": ["!PACKET_TOO_SHORT", "!PACKET_TOO_SHORT"],
  "message: BODY cut to 1 bytes: decrypt": ["!PACKET_TOO_SHORT", "!PACKET_TOO_SHORT"],
  "message: BODY cut to 16 bytes: decrypt": ["!PACKET_TOO_SHORT", "!PACKET_TOO_SHORT"],
  "message: BODY cut to 21 bytes: decrypt": ["!PACKET_TOO_SHORT", "!PACKET_TOO_SHORT"],
  "message: BODY cut to 24 bytes: decrypt": ["!PACKET_TOO_SHORT", "!PACKET_TOO_SHORT"],
  "message: BODY cut to 25 bytes: decrypt": ["!PACKET_TOO_SHORT", "!PACKET_TOO_SHORT"],
  "message: BODY cut to 28 bytes: decrypt": ["!PACKET_TOO_SHORT", "!PACKET_TOO_SHORT"],
  "message: BODY cut to 29 bytes: decrypt": ["", "!MAC"],
  "message: BODY cut to 30 bytes: decrypt": ["00", "!MAC"],
  "message: BODY cut to 31 bytes: decrypt": ["002b", "!MAC"],
  "message: BODY cut to 0 bytes: verify only": ["false"],
  "message: BODY cut to 1 bytes: verify only": ["false"],
  "message: BODY cut to 3 bytes: verify only": ["false"],
  "message: BODY cut to 4 bytes: verify only": ["false"],
  "message: BODY cut to 20 bytes: verify only": ["false"],
  "message: BODY cut to 24 bytes: verify only": ["false"],
  "message: BODY cut to 28 bytes: verify only": ["false"],
  "message: BODY cut to 29 bytes: verify only": ["false"],
  "message: HEAD is empty: decrypt": ["!PACKET_HEAD", "!PACKET_HEAD"],
  "message: HEAD is empty: verify": ["false"],
  "message: HEAD is 1b: decrypt": ["!CSID", "!CSID"],
  "message: HEAD is 1b: verify": ["false"],
  "message: HEAD is 3a: decrypt": ["!CSID", "!CSID"],
  "message: HEAD is 3a: verify": ["false"],
  "message: HEAD is 1a1a: decrypt": ["!PACKET_HEAD", "!PACKET_HEAD"],
  "message: HEAD is 1a1a: verify": ["false"],
  "message: verify with the wrong sender key": [
    "002b7b226174223a313430393431373236312c2274797065223a226c696e6b222c2263736964223a223161227dec335e77b40cf7c429c1b48bea531ee6b9bba732c0",
    "!MAC",
  ],
  "message: decrypt by the wrong recipient": [
    "8f106b7fe25f11086ea984d430833325b3d08584b75f51fce8a9ed9b95bc0fae2292f80c3ef14b86ad5487e87a4c18a90dd238ecf5a306dfa255478bbfa99372cb11",
    "!MAC",
  ],
  "message: ephemeral KEY off curve": ["!KEY_OFF_CURVE", "!MAC"],
  "message: ephemeral KEY prefix 04": ["!KEY_PREFIX", "!MAC"],
  "message: ephemeral KEY prefix 00": ["!KEY_PREFIX", "!MAC"],
  "message: ephemeral KEY other parity (02<->03)": [
    "002b7b226174223a313430393431373236312c2274797065223a226c696e6b222c2263736964223a223161227dec335e77b40cf7c429c1b48bea531ee6b9bba732c0",
    "!MAC",
  ],
  "message: ephemeral KEY x>=p": ["!KEY_RANGE", "!MAC"],
  "message: every single bit flip of the BODY, 760 packets, verify": ["0 of 760 accepted"],

  // lob
  'lob: HEAD {"a":1}': ['7b2261223a317d bb {"a":1}'],
  'lob: HEAD unterminated {"a":12': ["7b2261223a3132 bb JSON"],
  "lob: HEAD array [1,2,3]": ["5b312c322c335d bb JSON"],
  'lob: HEAD string "abcde"': ["22616263646522 bb JSON"],
  "lob: HEAD number 1234567": ["31323334353637 bb JSON"],
  "lob: HEAD true + spaces": ["74727565202020 bb JSON"],
  "lob: HEAD single quotes": ["7b2761273a317d bb JSON"],
  'lob: HEAD leading zero {"a":01}': ["7b2261223a30317d bb JSON"],
  "lob: HEAD trailing comma": ["7b2261223a312c7d bb JSON"],
  "lob: HEAD duplicate keys": ['7b2261223a312c2261223a327d bb {"a":2}'],
  "lob: HEAD trailing garbage": ["7b2261223a317d7878 bb JSON"],
  "lob: HEAD leading spaces": ["2020207b2261223a317d bb JSON"],
  "lob: HEAD raw newline in string": ["7b2261223a220a227d bb JSON"],
  "lob: HEAD bare word": ["61626364656667 bb JSON"],
  "lob: HEAD NaN": ["7b2261223a4e614e7d bb JSON"],
  "lob: HEAD 7 zero bytes": ["00000000000000 bb JSON"],
  "lob: HEAD invalid utf8": ["7b2261223a22ff227d bb JSON"],
  "lob: HEAD nested ok": ['7b2261223a7b2262223a5b312c7b2263223a327d5d7d7d bb {"a":{"b":[1,{"c":2}]}}'],
  "lob: HEAD unbalanced nested": ["7b2261223a7b2262223a5b317d7d bb JSON"],
  "lob: empty": ["!PACKET_TOO_SHORT"],
  "lob: 1 byte": ["!PACKET_TOO_SHORT"],
  "lob: 2 bytes": ["- - -"],
  "lob: length beyond packet": ["!PACKET_LENGTH"],
  "lob: 6 byte head not JSON": ["616263646566 - -"],
  "lob: ffff": ["!PACKET_LENGTH"],

  // handshake
  "handshake: we are ODD, first handshake, even at 1000 (right parity)": [
    "accepted, answer 1000, new session; in 1000, out 1000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: we are EVEN, first handshake, odd at 1001 (right parity)": [
    "accepted, answer 1001, new session; in 1001, out 1001, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: we are ODD, at 1001 (wrong parity)": ["!AT_PARITY; in 0, out 0, KEY none"],
  "handshake: we are EVEN, at 1000 (wrong parity)": ["!AT_PARITY; in 0, out 0, KEY none"],
  "handshake: we are ODD initiator at 1001, peer acks 1001": [
    "accepted, no answer, new session; in 1001, out 1001, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: we are EVEN initiator at 1000, peer acks 1000": [
    "accepted, no answer, new session; in 1000, out 1000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: at lower than ours (ours 2001)": ["not accepted, answer 2001, same session; in 0, out 2001, KEY none"],
  "handshake: REPLAY: 2000 with new key, then old 1000 with the old key": [
    "accepted, answer 1000, new session; accepted, answer 2000, new session; !STALE; in 2000, out 2000, KEY 03b89844b4d3a52364ad6fa95a3608e9f4394be0b3",
  ],
  "handshake: same at, different ephemeral key": [
    "accepted, answer 1000, new session; !STALE; in 1000, out 1000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: same handshake twice": [
    "accepted, answer 1000, new session; !STALE; in 1000, out 1000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: higher at, same ephemeral key (keepalive)": [
    "accepted, answer 1000, new session; accepted, answer 2000, same session; in 2000, out 2000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: at missing": ["!AT; in 0, out 0, KEY none"],
  "handshake: at 0": ["!AT; in 0, out 0, KEY none"],
  'handshake: at string "1000"': ["!AT; in 0, out 0, KEY none"],
  "handshake: at negative -1000": ["!AT; in 0, out 0, KEY none"],
  "handshake: at float 1000.5": ["!AT; in 0, out 0, KEY none"],
  "handshake: at 2^32+1000": [
    "accepted, answer 4294968296, new session; in 4294968296, out 4294968296, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: at in milliseconds 1427400000000": [
    "accepted, answer 1427400000000, new session; in 1427400000000, out 1427400000000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: at 2^53+2 after 1000": [
    "accepted, answer 1000, new session; !AT; in 1000, out 1000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: at 1e3 (exponent form)": [
    "accepted, answer 1000, new session; in 1000, out 1000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: established 1000/1000, then new key with wrong parity 1501": [
    "accepted, answer 1000, new session; !AT_PARITY; in 1000, out 1000, KEY 02731001cb6e5be8c76cf095edf107002ad475f650",
  ],
  "handshake: exchange with our own key (keys equal)": ["!SELF_EXCHANGE"],

  // channel
  "channel: valid packet": ["00127b2263223a322c2274797065223a2278227d626f6479"],
  "channel: same packet again (replay)": ["00127b2263223a322c2274797065223a2278227d626f6479"],
  "channel: wrong TOKEN": ["!TOKEN"],
  "channel: HEAD not empty (1 byte 1a)": ["!PACKET_HEAD"],
  "channel: BODY of 24 bytes": ["!MAC"],
  "channel: BODY of 23 bytes": ["!PACKET_TOO_SHORT"],
  "channel: BODY of 20 bytes": ["!PACKET_TOO_SHORT"],
  "channel: BODY of 19 bytes": ["!PACKET_TOO_SHORT"],
  "channel: BODY of 16 bytes": ["!PACKET_TOO_SHORT"],
  "channel: BODY of 4 bytes": ["!PACKET_TOO_SHORT"],
  "channel: BODY of 0 bytes": ["!PACKET_TOO_SHORT"],
  "channel: every single bit flip of IV+INNER+HMAC, 256 packets": ["0 of 256 accepted"],
  "channel: inner without HEAD (0000 + body)": ["!INNER"],
  "channel: inner empty LOB": ["!INNER"],
  "channel: inner HEAD 2 bytes": ["!INNER"],
  "channel: inner invalid LOB ffff00": ["!PACKET_LENGTH"],
  "channel: inner 0 bytes": ["!PACKET_TOO_SHORT"],
  "channel: inner bad JSON": ["!INNER"],

  // iv
  "iv: channel IV start feffffff (wire), 4 packets: IV bytes on the wire": ["feffffff ffffffff 00000000 01000000"],
  "iv: message IV start feffffff (wire), 4 packets: IV bytes on the wire": ["feffffff ffffffff 00000000 01000000"],

  // channel
  "channel: send before any handshake": ["!NOT_IN_SYNC"],

  // chunks
  "chunks: lone zeros around a packet (acks)": ["0000aabb"],
  "chunks: zero in the middle of a packet": ["0000 !PACKET_LENGTH"],
  "chunks: fragment longer than our SIZE (30 > 20)": ["000007070707070707070707070707070707070707070707070707070707"],
  "chunks: no terminator": [""],
  "chunks: terminated but not a LOB packet, then a good one": ["!PACKET_LENGTH 0000aabb"],
  "chunks: 1 byte packet": ["!PACKET_TOO_SHORT 0000aabb"],
  "chunks: three packets in one read": ["0000aabb 0000aabb 0000aabb"],
  'chunks: stream starts with "GET /"': [""],
  "chunks: SIZE 0": ["040000aabb00"],
  "chunks: SIZE 1": ["!CHUNK_SIZE"],
  "chunks: SIZE 255": [
    "fe0000010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101 3001010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010100",
  ],
  "chunks: empty byte string as packet": ["!PACKET_TOO_SHORT"],

  // cloak
  "cloak: 7 bytes, first not 0": ["!PACKET_TOO_SHORT"],
  "cloak: 9 bytes": ["!PACKET_TOO_SHORT"],
  "cloak: not cloaked": ["0000aabb in 0"],
  "cloak: random junk 64": ["!PACKET_TOO_SHORT"],
  "cloak: nonce starting with 00 given": ["1122334455667788c600d706"],
};

/** What a device gives instead where its JSON parser, which is the interpreter's, is laxer than JSON. */
export const onEspruino: Record<string, string[]> = {
  "lob: HEAD single quotes": ['7b2761273a317d bb {"a":1}'],
  'lob: HEAD leading zero {"a":01}': ['7b2261223a30317d bb {"a":1}'],
  "lob: HEAD trailing comma": ['7b2261223a312c7d bb {"a":1}'],
  "lob: HEAD duplicate keys": ['7b2261223a312c2261223a327d bb {"a":1}', '7b2261223a312c2261223a327d bb {"a":1,"a":2}'],
  "lob: HEAD invalid utf8": ['7b2261223a22ff227d bb {"a":"\\u00FF"}'],
};
