-- Wireshark dissector for E3X (telehash v3) as motes speak it: chunks in frames, packets, messages, handshakes, channels.
-- Checked with Wireshark 4.0 (Lua 5.2). Copy it into the folder "Personal Lua Plugins" (Help, About, Folders), or:
--
--     tshark -X lua_script:e3x-mote.lua -o e3x-mote.keys:KEYS -r CAPTURE
--
-- KEYS is a key log (sim/keylog.ts tells its lines), or a pcapng file with a Decryption Secrets Block that has one: Lua
-- programs are not shown those blocks, so that the file must be named even where it is the one that is read.
--
-- Chunks are looked for in: values of BLE attributes with handles 0x0e31 and 0x0e32, manufacturer data of Pur3 Ltd in BLE
-- advertisements, IEEE 802.15.4 PAN 0x2ee3 (elsewhere by their looks), LoRaTap with sync word 0x12, serial lines of RTAC
-- captures, UDP port 42424, and exported PDUs for "e3x-mote-air"; with "Decode As" elsewhere too. Packets that were put
-- together are exported PDUs for "e3x-mote". Cloaked packets are not opened.

local bits = bit32 or bit
local band, bxor, bnot, rshift = bits.band, bits.bxor, bits.bnot, bits.rshift
local ror = bits.rrotate or bits.ror
local WORD = 4294967296

local e3x = Proto("e3x-mote", "E3X")
local chunked = Proto("e3x-mote-chunks", "E3X chunks")
local onair = Proto("e3x-mote-air", "Simulated radio")
local serial = Proto("e3x-mote-serial", "E3X on a serial line")
local advertised = Proto("e3x-mote-advertising", "E3X in advertisements")

e3x.prefs.keys = Pref.string("Key log", "", "File with the keys of packets, or pcapng file with secrets that are such a key log")
e3x.prefs.serial = Pref.bool("Serial lines", true, "Take what RTAC serial captures have for chunks")

-- Fields ----------------------------------------------------------------------------------------------------------------

local f = {
  version = ProtoField.uint8("e3x-mote.air.version", "Version"),
  kind = ProtoField.uint8("e3x-mote.air.kind", "Kind", base.DEC, { [0] = "data", [1] = "acknowledgement", [2] = "noise" }),
  attempt = ProtoField.uint8("e3x-mote.air.attempt", "Attempt"),
  channel_number = ProtoField.uint8("e3x-mote.air.channel", "Channel"),
  air_data = ProtoField.bytes("e3x-mote.air.data", "Data"),
  fragment_id = ProtoField.uint8("e3x-mote.fragment.id", "Packet"),
  fragment_index = ProtoField.uint8("e3x-mote.fragment.index", "Fragment"),
  fragment_last = ProtoField.uint8("e3x-mote.fragment.last", "Last fragment"),
  chunk_length = ProtoField.uint8("e3x-mote.chunk.length", "Chunk length"),
  chunk_data = ProtoField.bytes("e3x-mote.chunk.data", "Chunk"),
  chunk_last = ProtoField.bool("e3x-mote.chunk.last", "End of packet"),
  chunk_ack = ProtoField.bool("e3x-mote.chunk.ack", "Acknowledgement or keepalive"),
  again = ProtoField.bool("e3x-mote.chunk.again", "Sent again by the radio"),
  lob_length = ProtoField.uint16("e3x-mote.lob.length", "Length of HEAD"),
  lob_head = ProtoField.bytes("e3x-mote.lob.head", "HEAD"),
  lob_json = ProtoField.string("e3x-mote.lob.json", "HEAD"),
  lob_body = ProtoField.bytes("e3x-mote.lob.body", "BODY"),
  nonce = ProtoField.bytes("e3x-mote.cloak.nonce", "Nonce of cloaking"),
  csid = ProtoField.uint8("e3x-mote.csid", "Cipher Set", base.HEX),
  key = ProtoField.bytes("e3x-mote.key", "KEY"),
  token = ProtoField.bytes("e3x-mote.token", "TOKEN"),
  iv = ProtoField.bytes("e3x-mote.iv", "IV"),
  ciphertext = ProtoField.bytes("e3x-mote.ciphertext", "Ciphertext"),
  mac = ProtoField.bytes("e3x-mote.mac", "MAC"),
  mac_right = ProtoField.bool("e3x-mote.mac.right", "MAC is right"),
  inner = ProtoField.bytes("e3x-mote.inner", "INNER"),
  packet = ProtoField.string("e3x-mote.packet", "Kind of packet"),
  at = ProtoField.uint64("e3x-mote.at", "at"),
  pieces = ProtoField.uint8("e3x-mote.pieces", "Pieces left with this one", base.DEC, nil, 0x7f),
  first = ProtoField.bool("e3x-mote.pieces.first", "First piece", 8, nil, 0x80),
  content = ProtoField.bytes("e3x-mote.content", "Content"),
  text = ProtoField.string("e3x-mote.text", "Content as text"),
  type = ProtoField.string("e3x-mote.type", "type"),
  z = ProtoField.uint32("e3x-mote.z", "z"),
  identity = ProtoField.bytes("e3x-mote.identity", "Identity key"),
  hashes = ProtoField.string("e3x-mote.hashes", "Keys of other cipher sets"),
  compression = ProtoField.string("e3x-mote.compression", "Compression"),
  json = ProtoField.string("e3x-mote.json", "JSON"),
  c = ProtoField.uint32("e3x-mote.channel.c", "c"),
  seq = ProtoField.uint32("e3x-mote.channel.seq", "seq"),
  ack = ProtoField.uint32("e3x-mote.channel.ack", "ack"),
  miss = ProtoField.string("e3x-mote.channel.miss", "miss"),
  ["end"] = ProtoField.bool("e3x-mote.channel.end", "end"),
  err = ProtoField.string("e3x-mote.channel.err", "err"),
  body = ProtoField.bytes("e3x-mote.channel.body", "BODY"),
}
local fields = {}
for _, field in pairs(f) do fields[#fields + 1] = field end
e3x.fields = fields

local x = {
  mac = ProtoExpert.new("e3x-mote.mac.wrong", "The MAC is wrong", expert.group.CHECKSUM, expert.severity.ERROR),
  length = ProtoExpert.new("e3x-mote.lob.beyond", "LENGTH goes beyond the packet", expert.group.MALFORMED, expert.severity.ERROR),
  short = ProtoExpert.new("e3x-mote.short", "Too short for what it is", expert.group.MALFORMED, expert.severity.ERROR),
  cut = ProtoExpert.new("e3x-mote.chunk.cut", "The frame ends within a chunk", expert.group.SEQUENCE, expert.severity.WARN),
  inner = ProtoExpert.new("e3x-mote.inner.strange", "INNER is nothing that is known", expert.group.UNDECODED, expert.severity.WARN),
}
e3x.experts = { x.mac, x.length, x.short, x.cut, x.inner }

local comment_of = Field.new("frame.comment")
local interface_of = Field.new("frame.interface_id")
local wpan_sequence = Field.new("wpan.seq_no")
local ble_sequence = Field.new("btle.data_header.sequence_number")
local serial_event = Field.new("rtacser.eventtype")

-- Bytes -----------------------------------------------------------------------------------------------------------------

local function to_hex(bytes)
  return (bytes:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

local function from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function word_of(bytes, at)
  local a, b, c, d = bytes:byte(at, at + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function bytes_of(word)
  word = word % WORD
  return string.char(math.floor(word / 16777216) % 256, math.floor(word / 65536) % 256, math.floor(word / 256) % 256, math.floor(word) % 256)
end

local function xor_bytes(one, two)
  local out = {}
  for i = 1, #one do out[i] = string.char(bxor(one:byte(i), two:byte(i))) end
  return table.concat(out)
end

-- XOR of all pieces of a length: 16 bytes of 32, 4 of 32
local function fold(bytes, length)
  while #bytes > length do
    local half = #bytes / 2
    bytes = xor_bytes(bytes:sub(1, half), bytes:sub(half + 1))
  end
  return bytes
end

-- SHA-256, HMAC (FIPS 180-4, RFC 2104) -----------------------------------------------------------------------------------

-- 32 bits behind the point of the cube roots of the first 64 primes; of the square roots of the first 8
local K = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}
local H = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 }

local function sha256(data)
  local length = #data
  data = data .. "\128" .. string.rep("\0", (55 - length) % 64) .. bytes_of(math.floor(length / 536870912)) .. bytes_of(length * 8)
  local h = {}
  for i = 1, 8 do h[i] = H[i] end
  local w = {}
  for start = 1, #data, 64 do
    for i = 1, 16 do w[i] = word_of(data, start + (i - 1) * 4) end
    for i = 17, 64 do
      local p, q = w[i - 15], w[i - 2]
      w[i] = (w[i - 16] + bxor(ror(p, 7), ror(p, 18), rshift(p, 3)) % WORD + w[i - 7] + bxor(ror(q, 17), ror(q, 19), rshift(q, 10)) % WORD) % WORD
    end
    local a, b, c, d, e, g, i1, j = h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
    for i = 1, 64 do
      local t1 = j + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) % WORD + bxor(band(e, g), band(bnot(e), i1)) % WORD + K[i] + w[i]
      local t2 = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) % WORD + bxor(band(a, b), band(a, c), band(b, c)) % WORD
      j, i1, g, e, d, c, b, a = i1, g, e, (d + t1) % WORD, c, b, a, (t1 + t2) % WORD
    end
    h[1], h[2], h[3], h[4] = (h[1] + a) % WORD, (h[2] + b) % WORD, (h[3] + c) % WORD, (h[4] + d) % WORD
    h[5], h[6], h[7], h[8] = (h[5] + e) % WORD, (h[6] + g) % WORD, (h[7] + i1) % WORD, (h[8] + j) % WORD
  end
  local out = {}
  for i = 1, 8 do out[i] = bytes_of(h[i]) end
  return table.concat(out)
end

-- for keys of up to 64 bytes
local function hmac(key, data)
  key = key .. string.rep("\0", 64 - #key)
  return sha256(xor_bytes(key, string.rep("\92", 64)) .. sha256(xor_bytes(key, string.rep("\54", 64)) .. data))
end

-- AES-128-CTR (FIPS 197, SP 800-38A) -------------------------------------------------------------------------------------

local function twice(a)
  a = a * 2
  if a > 255 then a = bxor(a, 0x11b) end
  return a
end

local S, T = {}, {}
do
  -- powers of 3 and their logarithms; then the affine step on inverses
  local power, log = {}, {}
  local a = 1
  for i = 0, 254 do
    power[i], log[a] = a, i
    a = bxor(a, twice(a))
  end
  for i = 0, 255 do
    local inverse = i == 0 and 0 or power[(255 - log[i]) % 255]
    local s = 0x63
    for turn = 0, 4 do s = bxor(s, (inverse * 2 ^ turn) % 256 + math.floor(inverse / 2 ^ (8 - turn))) end
    S[i] = s
    T[i] = ((twice(s) * 256 + s) * 256 + s) * 256 + bxor(s, twice(s))
  end
end

local function octet(word, shift)
  return band(rshift(word, shift), 255)
end

local function schedule(key)
  local w = {}
  for i = 0, 3 do w[i] = word_of(key, i * 4 + 1) end
  local constant = 1
  for i = 4, 43 do
    local word = w[i - 1]
    if i % 4 == 0 then
      word = ((bxor(S[octet(word, 16)], constant) * 256 + S[octet(word, 8)]) * 256 + S[octet(word, 0)]) * 256 + S[octet(word, 24)]
      constant = twice(constant)
    end
    w[i] = bxor(w[i - 4], word) % WORD
  end
  return w
end

local function encrypt(w, block)
  local s = {}
  for i = 0, 3 do s[i] = bxor(word_of(block, i * 4 + 1), w[i]) end
  for round = 1, 9 do
    local n = {}
    for i = 0, 3 do
      n[i] = bxor(T[octet(s[i], 24)], ror(T[octet(s[(i + 1) % 4], 16)], 8), ror(T[octet(s[(i + 2) % 4], 8)], 16), ror(T[octet(s[(i + 3) % 4], 0)], 24), w[round * 4 + i])
    end
    s = n
  end
  local out = {}
  for i = 0, 3 do
    local word = ((S[octet(s[i], 24)] * 256 + S[octet(s[(i + 1) % 4], 16)]) * 256 + S[octet(s[(i + 2) % 4], 8)]) * 256 + S[octet(s[(i + 3) % 4], 0)]
    out[i + 1] = bytes_of(bxor(word, w[40 + i]))
  end
  return table.concat(out)
end

-- the counter is IV and twelve zero bytes, then counts up as one number
local function ctr(key, iv, data)
  local w = schedule(key)
  local out = {}
  for i = 0, math.ceil(#data / 16) - 1 do
    local part = data:sub(i * 16 + 1, i * 16 + 16)
    out[#out + 1] = xor_bytes(part, encrypt(w, iv .. string.rep("\0", 8) .. bytes_of(i)))
  end
  return table.concat(out)
end

-- JSON and CBOR, as far as heads of packets go ------------------------------------------------------------------------------

-- the value at a place, and the place after it; lists are tables; nil for what is wrong, or null
local parse

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function utf8_of(n)
  if n < 0x80 then return string.char(n) end
  if n < 0x800 then return string.char(0xc0 + math.floor(n / 64), 0x80 + n % 64) end
  return string.char(0xe0 + math.floor(n / 4096), 0x80 + math.floor(n / 64) % 64, 0x80 + n % 64)
end

local function parse_string(text, at)
  local out = {}
  while true do
    local plain, stop = text:match('^([^"\\]*)()', at)
    out[#out + 1] = plain
    local mark = text:sub(stop, stop)
    if mark == '"' then return table.concat(out), stop + 1 end
    if mark ~= "\\" then return nil end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      local digits = text:match("^%x%x%x%x", stop + 2)
      if not digits then return nil end
      out[#out + 1] = utf8_of(tonumber(digits, 16))
      at = stop + 6
    else
      out[#out + 1] = escapes[letter] or letter
      at = stop + 2
    end
  end
end

local function parse_members(text, at, closing, object)
  local out = {}
  at = skip(text, at)
  if text:sub(at, at) == closing then return out, at + 1 end
  while true do
    local name, value
    if object then
      at = skip(text, at)
      if text:sub(at, at) ~= '"' then return nil end
      name, at = parse_string(text, at + 1)
      if not name then return nil end
      at = skip(text, at)
      if text:sub(at, at) ~= ":" then return nil end
      at = at + 1
    end
    value, at = parse(text, at)
    if not at then return nil end
    if object then out[name] = value else out[#out + 1] = value end
    at = skip(text, at)
    local mark = text:sub(at, at)
    if mark == closing then return out, at + 1 end
    if mark ~= "," then return nil end
    at = at + 1
  end
end

parse = function(text, at)
  at = skip(text, at)
  local mark = text:sub(at, at)
  if mark == "{" then return parse_members(text, at + 1, "}", true) end
  if mark == "[" then return parse_members(text, at + 1, "]", false) end
  if mark == '"' then return parse_string(text, at + 1) end
  for word, value in pairs({ ["true"] = true, ["false"] = false }) do
    if text:sub(at, at + #word - 1) == word then return value, at + #word end
  end
  if text:sub(at, at + 3) == "null" then return nil, at + 4 end
  local digits = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  if not digits then return nil end
  return tonumber(digits), at + #digits
end

-- the object that a HEAD is; nil where it is none
local function object_of(head)
  if #head < 7 or head:sub(1, 1) ~= "{" then return nil end
  local ok, value, at = pcall(parse, head, 1)
  if not ok or not at or skip(head, at) <= #head then return nil end
  return value
end

local function lob(bytes)
  if #bytes < 2 then return nil end
  local length = bytes:byte(1) * 256 + bytes:byte(2)
  if #bytes < 2 + length then return nil end
  return bytes:sub(3, 2 + length), bytes:sub(3 + length)
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

-- major type and argument of an item, and the place after them
local function cbor_head(bytes, at)
  local first = bytes:byte(at)
  if not first then return nil end
  local major, short = math.floor(first / 32), first % 32
  if short < 24 then return major, short, at + 1 end
  local size = ({ [24] = 1, [25] = 2, [26] = 4, [27] = 8 })[short]
  if not size or #bytes < at + size then return nil end
  local value = 0
  for i = 1, size do value = value * 256 + bytes:byte(at + i) end
  return major, value, at + 1 + size
end

-- a number or text
local function cbor_scalar(bytes, at)
  local major, value, next = cbor_head(bytes, at)
  if major == 0 then return value, next end
  if major == 1 then return -1 - value, next end
  if major == 3 and next + value <= #bytes + 1 then return bytes:sub(next, next + value - 1), next + value end
  return nil
end

-- the packet that CBOR values stand for (e3x/compression.md): its object, its BODY; nil where they are not those
local function decompress(bytes)
  local major, c, at = cbor_head(bytes, 1)
  if major ~= 0 then return nil end
  local out, body = {}, ""
  local value, next
  local function take(wanted)
    if at > #bytes then return false end
    major, value, next = cbor_head(bytes, at)
    return major == wanted
  end
  if take(2) then
    if next + value > #bytes + 1 then return nil end
    local head, rest = lob(bytes:sub(next, next + value - 1))
    if not head then return nil end
    if #head > 0 then
      out = object_of(head)
      if not out then return nil end
    end
    body, at = rest, next + value
  end
  if take(5) then
    at = next
    for _ = 1, value do
      local name, item
      name, at = cbor_scalar(bytes, at)
      if not at then return nil end
      item, at = cbor_scalar(bytes, at)
      if not at then return nil end
      out[name] = item
    end
  end
  if take(3) then
    if next + value > #bytes + 1 then return nil end
    out.type, at = bytes:sub(next, next + value - 1), next + value
  end
  if take(0) then out.seq, at = value, next end
  if take(4) then
    at = next
    for i = 1, value do
      local item
      item, at = cbor_scalar(bytes, at)
      if not at or type(item) ~= "number" then return nil end
      if i == 1 then out.ack = item else
        out.miss = out.miss or {}
        out.miss[i - 1] = item
      end
    end
  end
  if at <= #bytes then return nil end
  out.c = c
  return out, body
end

local function json_of(value)
  if type(value) == "string" then return quoted(value) end
  if type(value) == "number" then return string.format("%.0f", value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if #value > 0 then
    for i, item in ipairs(value) do parts[i] = json_of(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local names = {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = quoted(name) .. ":" .. json_of(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Keys ------------------------------------------------------------------------------------------------------------------

-- of messages by KEY: { aes, ecdh }; of channels by TOKEN: a list
local message_keys, channel_keys = {}, {}

local SECRETS = "KX3E"

-- the key log in a pcapng file
local function secrets_of(data)
  local little = data:sub(9, 12) == "\77\60\43\26"
  local function number(at)
    local four = data:sub(at, at + 3)
    if #four < 4 then return nil end
    return word_of(little and four:reverse() or four, 1)
  end
  local found, at = {}, 1
  while true do
    local kind, length = number(at), number(at + 4)
    if not length or length < 12 then break end
    local secrets = data:sub(at + 8, at + 11)
    if kind == 10 and (little and secrets or secrets:reverse()) == SECRETS then found[#found + 1] = data:sub(at + 16, at + 15 + number(at + 12)) end
    at = at + length
  end
  return table.concat(found)
end

local function read_keys()
  message_keys, channel_keys = {}, {}
  local path = e3x.prefs.keys
  if path == nil or path == "" then return end
  local file = io.open(path, "rb")
  if not file then return end
  local text = file:read("*a")
  file:close()
  if text:sub(1, 4) == "\10\13\13\10" then text = secrets_of(text) end
  for line in text:gmatch("[^\r\n]+") do
    local words = {}
    for word in line:gmatch("%S+") do words[#words + 1] = word end
    if words[1] == "E3X_MESSAGE" and words[4] then
      message_keys[words[2]] = { aes = from_hex(words[4]), ecdh = words[5] and from_hex(words[5]) }
    elseif words[1] == "E3X_CHANNEL" and words[5] then
      local list = channel_keys[words[2]] or {}
      list[#list + 1] = from_hex(words[5])
      channel_keys[words[2]] = list
    end
  end
end

-- State of a capture. Wireshark reads frames in order once, and then any of them again: what a frame brought is kept
-- by its number.

local flows, brought, tokens, read_inner

local function forget()
  flows, brought, tokens, read_inner = {}, {}, {}, {}
end

forget()

function e3x.init()
  forget()
  read_keys()
end

function e3x.prefs_changed()
  read_inner = {}
  read_keys()
end

-- Packets ---------------------------------------------------------------------------------------------------------------

local KEY_LENGTHS = { [0x1a] = 21, [0x1c] = 33 }

local function readable(bytes)
  if #bytes == 0 or bytes:find("[%z\1-\8\11\12\14-\31\127]") then return false end
  -- well-formed UTF-8
  local rest = bytes:gsub("[%z\1-\127]", ""):gsub("[\194-\223][\128-\191]", ""):gsub("[\224-\239][\128-\191][\128-\191]", ""):gsub("[\240-\244][\128-\191][\128-\191][\128-\191]", "")
  return rest == ""
end

local function add_content(tree, field, range, bytes)
  tree:add(field, range)
  if readable(bytes) then tree:add(f.text, range, bytes):set_generated() end
end

local function uint64(n)
  return UInt64.new(n % WORD, math.floor(n / WORD))
end

local function is_count(n)
  return type(n) == "number" and n >= 0 and n == math.floor(n) and n < 9007199254740992
end

-- HEAD and BODY in the tree; what HEAD says, BODY, where BODY begins
local function dissect_lob(tvb, tree)
  local bytes = tvb:raw()
  if #bytes < 2 then
    tree:add_proto_expert_info(x.short)
    return nil
  end
  local length = tvb(0, 2):uint()
  tree:add(f.lob_length, tvb(0, 2))
  if 2 + length > #bytes then
    tree:add_proto_expert_info(x.length)
    return nil
  end
  local head = bytes:sub(3, 2 + length)
  local object = object_of(head)
  if length > 0 then
    if object then tree:add(f.lob_json, tvb(2, length)) else tree:add(f.lob_head, tvb(2, length)) end
  end
  return head, object, bytes:sub(3 + length), 2 + length
end

local function tvb_of(bytes, name)
  return ByteArray.new(bytes, true):tvb(name)
end

-- what is in a message; gives what it is, for the column
local function dissect_message_inner(tvb, tree)
  local head, object, body, at = dissect_lob(tvb, tree)
  if not head then return "unreadable" end
  local rest = #body > 0 and tvb(at) or nil
  local what = "message"
  if object then
    local kind = type(object.type) == "string" and object.type or "link"
    what = "handshake " .. kind
    tree:add(f.type, tvb(2, #head), kind)
    if is_count(object.at) then
      tree:add(f.at, tvb(2, #head), uint64(object.at))
      what = what .. string.format(" at %.0f", object.at)
    end
    if is_count(object.z) then tree:add(f.z, tvb(2, #head), object.z) end
    if rest and (kind == "link" or kind == "key") then
      local attached = tree:add(e3x, rest, "Attached: the sender's keys")
      local names, _, _, start = dissect_lob(rest:tvb(), attached)
      if names and #body > start then attached:add(f.identity, tvb(at + start)) end
    elseif rest then add_content(tree, f.content, rest, body) end
    return what
  end
  if #head == 4 or #head == 5 then
    local stamp = word_of(head, 1)
    tree:add(f.at, tvb(2, 4), uint64(stamp))
    what = string.format("message at %d", stamp)
    if #head == 5 then
      tree:add(f.first, tvb(6, 1))
      tree:add(f.pieces, tvb(6, 1))
      what = what .. ", a piece"
    end
  elseif #head > 0 then tree:add_proto_expert_info(x.inner) end
  if rest then add_content(tree, f.content, rest, body) end
  return what
end

local function dissect_channel_inner(tvb, tree)
  local bytes = tvb:raw()
  local object, body, how
  -- an id is above 0: only LOB begins with zero
  if bytes:sub(1, 1) == "\0" then
    local head, rest = lob(bytes)
    object, body = head and object_of(head), rest
    if object then dissect_lob(tvb, tree) end
  else
    object, body = decompress(bytes)
    how = "CBOR"
    if not object then
      local ok, inflated = pcall(function() return tvb():uncompress("Inflated"):raw() end)
      local head, rest = lob(ok and inflated or "")
      object, body = head and object_of(head), rest
      how = "DEFLATE"
    end
  end
  if type(object) ~= "table" then
    tree:add_proto_expert_info(x.inner)
    return ""
  end
  local range = tvb()
  if how then tree:add(f.compression, range, how):set_generated() end
  tree:add(f.json, range, json_of(object)):set_generated()
  local said = {}
  if is_count(object.c) then
    tree:add(f.c, range, object.c)
    said[#said + 1] = string.format(" %.0f", object.c)
  end
  if type(object.type) == "string" then
    tree:add(f.type, range, object.type)
    said[#said + 1] = " " .. object.type
  end
  for _, name in ipairs({ "seq", "ack" }) do
    if is_count(object[name]) then
      tree:add(f[name], range, object[name])
      said[#said + 1] = string.format(" %s %.0f", name, object[name])
    end
  end
  if type(object.miss) == "table" then tree:add(f.miss, range, table.concat(object.miss, " ")) end
  -- in CBOR's map there is no true: such a head came as JSON
  if object["end"] == true then
    tree:add(f["end"], range, true)
    said[#said + 1] = " end"
  end
  if object.err ~= nil then
    tree:add(f.err, range, tostring(object.err))
    said[#said + 1] = " err " .. tostring(object.err)
  end
  if #body > 0 then
    -- BODY is the last of LOB, and somewhere in CBOR
    local start = bytes:find(body, 1, true)
    local place = start and tvb(start - 1, #body) or tvb_of(body, "BODY")()
    add_content(tree, f.body, place, body)
  end
  return table.concat(said)
end

-- INNER: true with it, false where no key fits, and whether the MAC is right (nil: not known)
local function open_message(key, iv, ciphertext, mac)
  local known = message_keys[to_hex(key)]
  if not known then return nil end
  local right
  if known.ecdh then right = fold(hmac(known.ecdh .. iv, key .. iv .. ciphertext), 4) == mac end
  return ctr(known.aes, iv, ciphertext), right
end

local function open_channel(token, iv, ciphertext, mac)
  local list = channel_keys[to_hex(token)]
  if not list then return nil end
  for _, aes in ipairs(list) do
    if fold(hmac(aes .. iv, ciphertext), 4) == mac then return ctr(aes, iv, ciphertext), true end
  end
  return nil, false
end

-- each packet of a frame is opened once
local function opened(pinfo, name, work)
  name = pinfo.number .. name
  local known = read_inner[name]
  if not known then
    local inner, right = work()
    known = { inner = inner, right = right }
    read_inner[name] = known
  end
  return known.inner, known.right
end

local function add_mac(tree, range, right)
  local item = tree:add(f.mac, range)
  if right == nil then return end
  item:add(f.mac_right, range, right):set_generated()
  if not right then tree:add_proto_expert_info(x.mac) end
end

local function dissect_packet(tvb, pinfo, tree)
  pinfo.cols.protocol = "E3X"
  local root = tree:add(e3x, tvb())
  local bytes = tvb:raw()
  local function what(kind, text)
    root:add(f.packet, tvb(), kind):set_generated()
    root:append_text(", " .. text)
    pinfo.cols.info = text
  end
  if #bytes > 9 and bytes:byte(1) ~= 0 then
    root:add(f.nonce, tvb(0, 8))
    root:add(f.ciphertext, tvb(8))
    return what("cloaked", "Cloaked packet, or none")
  end
  local head, object, body, at = dissect_lob(tvb, root)
  if not head then return what("malformed", "Malformed packet") end
  local length = #head == 1 and KEY_LENGTHS[head:byte(1)]
  local prefix = length or (#head == 0 and 16)
  if not prefix or #body < prefix + 8 then
    if #body > 0 then root:add(f.lob_body, tvb(at)) end
    if prefix then root:add_proto_expert_info(x.short) end
    return what("other", object and "Packet " .. head or "Packet")
  end
  local finish = #body - 4
  local key, iv = body:sub(1, prefix), body:sub(prefix + 1, prefix + 4)
  local ciphertext, mac = body:sub(prefix + 5, finish), body:sub(finish + 1)
  if length then root:add(f.csid, tvb(2, 1)) end
  root:add(length and f.key or f.token, tvb(at, prefix))
  root:add(f.iv, tvb(at + prefix, 4))
  if #ciphertext > 0 then root:add(f.ciphertext, tvb(at + prefix + 4, #ciphertext)) end
  if length and not pinfo.visited then tokens[sha256(key:sub(1, 16)):sub(1, 16)] = true end
  local inner, right = opened(pinfo, bytes, function() return (length and open_message or open_channel)(key, iv, ciphertext, mac) end)
  add_mac(root, tvb(at + finish, 4), right)
  if not inner then
    return what(length and "message" or "channel", length and "Message or handshake, encrypted" or "Channel packet, encrypted")
  end
  local clear = tvb_of(inner, "INNER")
  if #inner == 0 then return what(length and "message" or "channel", "Nothing") end
  local tree_inner = root:add(f.inner, clear())
  if length then
    local said = dissect_message_inner(clear, tree_inner)
    what(said:match("^%a+"), said:sub(1, 1):upper() .. said:sub(2))
  else
    what("channel", "Channel" .. dissect_channel_inner(clear, tree_inner))
  end
end

function e3x.dissector(tvb, pinfo, tree)
  if tvb:len() == 0 then return 0 end
  dissect_packet(tvb, pinfo, tree)
  return tvb:len()
end

-- Chunks ----------------------------------------------------------------------------------------------------------------

-- seconds after which a packet that has begun is given up
local PATIENCE = 10

local function seconds(pinfo)
  return tonumber(tostring(pinfo.abs_ts))
end

-- whether bytes begin a packet, as far as one can see
local function begins(fragment)
  if fragment:sub(1, 2) == "\0\1" then return KEY_LENGTHS[fragment:byte(3)] ~= nil end
  return #fragment >= 18 and fragment:sub(1, 2) == "\0\0" and tokens[fragment:sub(3, 18)] == true
end

-- whether bytes are chunks from end to end
local function whole(bytes)
  local at = 1
  while at <= #bytes do at = at + 1 + bytes:byte(at) end
  return at == #bytes + 1
end

-- the flow of a frame, and what it does to it; kept by frame, since a frame is seen again
local function take(pinfo, name, bytes, stream, mark)
  local known = brought[pinfo.number]
  if known then return known end
  local now = seconds(pinfo)
  local flow = flows[name] or { parts = {}, size = 0, left = 0, last = now }
  flows[name] = flow
  local out = { left = 0, packets = {}, again = mark ~= nil and mark == flow.mark and bytes == flow.bytes }
  brought[pinfo.number] = out
  flow.mark, flow.bytes = mark, bytes
  if out.again then return out end
  local function reset() flow.parts, flow.size, flow.left = {}, 0, 0 end
  if now - flow.last > PATIENCE or (not stream and flow.size > 0 and begins(bytes:sub(2))) then reset() end
  flow.last = now
  out.left, out.size = flow.left, flow.size
  local at = 1
  while at <= #bytes do
    if flow.left > 0 then
      local part = bytes:sub(at, at + flow.left - 1)
      flow.parts[#flow.parts + 1] = part
      flow.size, flow.left, at = flow.size + #part, flow.left - #part, at + #part
    else
      flow.left = bytes:byte(at)
      at = at + 1
      if flow.left == 0 and flow.size > 0 then
        out.packets[#out.packets + 1] = table.concat(flow.parts)
        reset()
      end
    end
  end
  out.cut = flow.left > 0 and not stream
  if out.cut then reset() end
  return out
end

-- a frame of chunks. mark: what is the same where a radio sends a frame again
local function dissect_chunks(tvb, pinfo, tree, name, stream, mark)
  if tvb:len() == 0 then return end
  local bytes = tvb:raw()
  local what = take(pinfo, name, bytes, stream, mark)
  pinfo.cols.protocol = "E3X"
  local root = tree:add(chunked, tvb())
  local at, size, left = 0, what.size or 0, what.left
  if what.again then root:add(f.again, tvb(), true):set_generated() end
  while at < #bytes do
    if left > 0 then
      local length = math.min(left, #bytes - at)
      root:add(f.chunk_data, tvb(at, length))
      at, left, size = at + length, left - length, size + length
    else
      left = bytes:byte(at + 1)
      if left > 0 then root:add(f.chunk_length, tvb(at, 1))
      elseif size > 0 or what.again then root:add(f.chunk_last, tvb(at, 1), true)
      else root:add(f.chunk_ack, tvb(at, 1), true) end
      if left == 0 then size = 0 end
      at = at + 1
    end
  end
  if what.cut then root:add_proto_expert_info(x.cut) end
  local text = what.again and "Chunk, sent again" or size > 0 and "Chunk, packet not whole yet" or #what.packets == 0 and "Acknowledgement or keepalive"
  if text then
    root:append_text(", " .. text)
    pinfo.cols.info = text
  end
  for _, packet in ipairs(what.packets) do dissect_packet(tvb_of(packet, "E3X packet"), pinfo, tree) end
end

-- from whom to whom by the frame's addresses
local function by_address(pinfo)
  local interface = interface_of()
  return tostring(interface and interface.value or "") .. " " .. tostring(pinfo.src) .. " " .. tostring(pinfo.dst)
end

-- where frames have no addresses the comment that the simulator wrote says it
local function by_comment(otherwise)
  local interface, comment = interface_of(), comment_of()
  local said = comment and tostring(comment.value):match("^([^;]+ > [^;]+)") or otherwise
  return tostring(interface and interface.value or "") .. " " .. said
end

function chunked.dissector(tvb, pinfo, tree)
  local mark = wpan_sequence() or ble_sequence()
  dissect_chunks(tvb, pinfo, tree, by_address(pinfo), false, mark and mark.value)
  return tvb:len()
end

-- LoRa has neither addresses nor retransmissions
local lora = Proto("e3x-mote-lora", "E3X on LoRa")
function lora.dissector(tvb, pinfo, tree)
  dissect_chunks(tvb, pinfo, tree, by_comment("lora"), false)
  return tvb:len()
end

function onair.dissector(tvb, pinfo, tree)
  if tvb:len() < 4 then return 0 end
  local root = tree:add(onair, tvb(0, 4))
  root:add(f.version, tvb(0, 1))
  root:add(f.kind, tvb(1, 1))
  root:add(f.attempt, tvb(2, 1))
  root:add(f.channel_number, tvb(3, 1))
  local kind = tvb(1, 1):uint()
  pinfo.cols.protocol = "E3X"
  local attempt = tvb(2, 1):uint()
  if kind == 0 and attempt > 0 and tvb:len() > 4 then
    -- an attempt after the first is the same frame
    local flow = flows[by_address(pinfo)]
    local mark = attempt > 1 and flow and flow.mark or {}
    dissect_chunks(tvb(4):tvb(), pinfo, tree, by_address(pinfo), false, mark)
  else
    pinfo.cols.info = kind == 1 and "Acknowledgement of the radio" or kind == 2 and "Noise" or "Frame that never was sent"
    if tvb:len() > 4 then root:add(f.air_data, tvb(4)) end
  end
  return tvb:len()
end

local rtac = Dissector.get("rtacser")
function serial.dissector(tvb, pinfo, tree)
  if not e3x.prefs.serial or tvb:len() < 13 then
    rtac:call(tvb, pinfo, tree)
    return tvb:len()
  end
  rtac:call(tvb(0, 12):tvb(), pinfo, tree)
  local event = serial_event()
  dissect_chunks(tvb(12):tvb(), pinfo, tree, by_comment("serial " .. tostring(event and event.value or "")), true)
  return tvb:len()
end

-- fragments in advertisements: 0xe3, id of the packet, index, index of the last, data; they go round many times
local FORGOTTEN = 60

function advertised.dissector(tvb, pinfo, tree)
  if tvb:len() < 5 or tvb(0, 1):uint() ~= 0xe3 then return 0 end
  local bytes = tvb:raw()
  local id, index, last = bytes:byte(2, 4)
  if index > last then return 0 end
  pinfo.cols.protocol = "E3X"
  local root = tree:add(advertised, tvb())
  root:add(f.fragment_id, tvb(1, 1))
  root:add(f.fragment_index, tvb(2, 1))
  root:add(f.fragment_last, tvb(3, 1))
  root:add(f.chunk_data, tvb(4))
  if not brought[pinfo.number] then
    local now, name, part = seconds(pinfo), "advertised " .. tostring(pinfo.src) .. " " .. id, bytes:sub(5)
    local flow = flows[name]
    if not flow or flow.last ~= last or now - flow.time > FORGOTTEN or (flow.parts[index + 1] and flow.parts[index + 1] ~= part) then
      flow = { parts = {}, missing = last + 1, last = last }
    end
    flows[name] = flow
    flow.time = now
    local out = {}
    if not flow.parts[index + 1] then
      flow.parts[index + 1] = part
      flow.missing = flow.missing - 1
      if flow.missing == 0 then out.packet = table.concat(flow.parts) end
    end
    brought[pinfo.number] = out
  end
  local text = string.format("Fragment %d of %d, packet %d", index + 1, last + 1, id)
  root:append_text(", " .. text)
  pinfo.cols.info = text
  local packet = brought[pinfo.number].packet
  if packet then dissect_packet(tvb_of(packet, "E3X packet"), pinfo, tree) end
  return tvb:len()
end

-- Where they are looked for -----------------------------------------------------------------------------------------------

-- a table that this Wireshark does not have is no reason to fail
local function register(name, work)
  pcall(function() work(DissectorTable.get(name)) end)
end

register("btatt.handle", function(list)
  list:add(0x0e31, chunked)
  list:add(0x0e32, chunked)
  list:add_for_decode_as(chunked)
end)
register("btcommon.eir_ad.manufacturer_company_id", function(list) list:add(0x0590, advertised) end)
register("wpan.panid", function(list)
  list:add(0x2ee3, chunked)
  list:add_for_decode_as(chunked)
end)
register("loratap.syncword", function(list)
  list:add(0x12, lora)
  list:add_for_decode_as(lora)
end)
register("udp.port", function(list)
  list:add(42424, chunked)
  list:add_for_decode_as(chunked)
end)
register("wtap_encap", function(list) list:add(wtap.RTAC_SERIAL, serial) end)

pcall(function()
  chunked:register_heuristic("wpan", function(tvb, pinfo, tree)
    local bytes = tvb:raw()
    if #bytes < 2 or not whole(bytes) then return false end
    local flow = flows[by_address(pinfo)]
    if not brought[pinfo.number] and not begins(bytes:sub(2)) and not (flow and flow.size > 0) then return false end
    chunked.dissector(tvb, pinfo, tree)
    return true
  end)
end)
