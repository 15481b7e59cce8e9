-- Runs under `pandoc lua parse.lua MANIFEST`: prints pandoc's tree of each text, as a JSON list.

local json = require("pandoc.json")

local handle = assert(io.open(arg[1], "r"))
local manifest = json.decode(handle:read("a"), false)
handle:close()

local trees = {}
for _, text in ipairs(manifest.texts) do
  table.insert(trees, pandoc.write(pandoc.read(text, manifest.reader), "json"))
end
io.stdout:write("[" .. table.concat(trees, ",") .. "]")
