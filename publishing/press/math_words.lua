-- TeX mathematics in words, for the alternative text of equations: "V sub i d equals p sub d times w sub d".
-- A command that is not known here gives its own name.

local RELATIONS = {
  ["="] = "equals", ["<"] = "is less than", [">"] = "is greater than",
  leq = "is at most", le = "is at most", geq = "is at least", ge = "is at least", neq = "is not equal to",
  ne = "is not equal to", approx = "is about", sim = "is distributed as", equiv = "is identical to",
  propto = "is proportional to", ["in"] = "in", notin = "not in", subset = "is a subset of", mid = "given",
  to = "to", rightarrow = "to", ll = "is much less than", gg = "is much greater than", mapsto = "maps to",
}
local SIGNS = {
  ["+"] = "plus", ["-"] = "minus", ["*"] = "times", ["/"] = "over", ["|"] = "bar", [":"] = "colon", ["!"] = "factorial",
  ["("] = "open bracket", [")"] = "close bracket", ["["] = "open square bracket", ["]"] = "close square bracket",
  cdot = "times", times = "times", pm = "plus or minus", mp = "minus or plus", div = "divided by", infty = "infinity",
  partial = "the partial derivative of", nabla = "nabla", forall = "for all", exists = "there is", ldots = "and so on",
  cdots = "and so on", dots = "and so on", lbrace = "open brace", rbrace = "close brace", ["{"] = "open brace",
  ["}"] = "close brace", ["%"] = "percent", ["&"] = "and", ["_"] = "underscore", ["$"] = "dollars", lvert = "bar",
  rvert = "bar", langle = "open angle bracket", rangle = "close angle bracket", Vert = "double bar", prime = "prime",
  ell = "l", cup = "union", cap = "intersection", ["#"] = "number",
}
local LARGE = { sum = "the sum", prod = "the product", int = "the integral", max = "the maximum", min = "the minimum",
  lim = "the limit", sup = "the supremum", inf = "the infimum", arg = "the argument" }
local ACCENTS = { hat = "hat", widehat = "hat", bar = "bar", overline = "bar", tilde = "tilde", widetilde = "tilde",
  dot = "dot", ddot = "double dot", vec = "vector", underline = "underlined" }
-- What changes the look alone, with a group and without.
local PLAIN = { mathrm = true, mathbf = true, mathit = true, mathcal = true, mathbb = true, boldsymbol = true,
  mathsf = true }
-- Words within an equation; one token holds them, after a character that no text has.
local WORDS = { text = true, textrm = true, textit = true, textbf = true, textsf = true, mbox = true, operatorname = true }
local WORD = "\u{e000}"
local SILENT = { [","] = true, [";"] = true, [":"] = true, ["!"] = true, [" "] = true, quad = true, qquad = true,
  displaystyle = true, textstyle = true, limits = true, nolimits = true, nonumber = true, left = true, right = true,
  big = true, Big = true, bigl = true, bigr = true, Bigl = true, Bigr = true, bigg = true, Bigg = true }
local POWERS = { ["2"] = "squared", ["3"] = "cubed" }
-- Two forms of one letter are said alike.
local LETTERS = { varepsilon = "epsilon", varphi = "phi", vartheta = "theta", varrho = "rho", varsigma = "sigma" }
local PUNCTUATION = { [","] = true, ["."] = true, [";"] = true }

local function tokens(tex)
  local out, position = {}, 1
  local patterns = { "^\\%a+", "^\\.", "^%s+", "^%d+%.?%d*", "^'+", "^[%z\1-\127\194-\244][\128-\191]*" }
  while position <= #tex do
    local name, group = tex:match("^\\(%a+)%s*(%b{})", position)
    if WORDS[name] then
      out[#out + 1] = WORD .. group:sub(2, -2)
      position = select(2, tex:find("^\\%a+%s*%b{}", position)) + 1
      goto continue
    end
    for _, pattern in ipairs(patterns) do
      local first, last = tex:find(pattern, position)
      if first then
        local token = tex:sub(first, last)
        -- A point after a number that ends the equation is no part of the number.
        if token:match("^%d+%.$") then token = token:sub(1, -2) end
        if not token:match("^%s") and token ~= "~" then out[#out + 1] = token end
        position = first + #token
        break
      end
    end
    ::continue::
  end
  return out
end

local parse -- until a token that closes

local function simple(words) return not words:find(" ") end

-- One argument: a group or a single token. `apart` says that letters side by side are indices, not factors.
local function argument(stream, apart)
  local token = stream[stream.at]
  if token == nil then return "" end
  stream.at = stream.at + 1
  if token == "{" then
    local words = parse(stream, "}", apart)
    stream.at = stream.at + 1
    return words
  end
  return stream.word(token)
end

local function command(stream, name)
  if name == "frac" or name == "dfrac" or name == "tfrac" then
    local above, below = argument(stream), argument(stream)
    if simple(above) and simple(below) then return above .. " over " .. below end
    return "the fraction " .. above .. " over " .. below .. ", end of fraction,"
  elseif name == "sqrt" then
    local degree
    if stream[stream.at] == "[" then
      stream.at = stream.at + 1
      degree = parse(stream, "]")
      stream.at = stream.at + 1
    end
    local under = argument(stream)
    local root = degree and ("the root of degree " .. degree .. " of ") or "the square root of "
    return root .. under .. (simple(under) and "" or ", end of root,")
  elseif ACCENTS[name] then
    local under = argument(stream)
    return under .. " " .. ACCENTS[name]
  elseif PLAIN[name] then
    return argument(stream)
  elseif SILENT[name] then
    -- \left. and \right. stand for no bracket.
    if (name == "left" or name == "right") and stream[stream.at] == "." then stream.at = stream.at + 1 end
    return ""
  end
  return RELATIONS[name] or SIGNS[name] or LARGE[name] or LETTERS[name] or name
end

local function base(stream)
  local token = stream[stream.at]
  stream.at = stream.at + 1
  if token == "{" then
    local words = parse(stream, "}")
    stream.at = stream.at + 1
    return words
  end
  if token:sub(1, #WORD) == WORD then return token:sub(#WORD + 1) end
  local name = token:match("^\\(.+)$")
  if name then return command(stream, name) end
  if token:match("^'+$") then return #token == 1 and "prime" or "double prime" end
  if PUNCTUATION[token] then return "," end
  return RELATIONS[token] or SIGNS[token] or token
end

-- What follows a base: marks below and above it, in either order.
local function scripts(stream, token)
  local below, above
  while stream[stream.at] == "_" or stream[stream.at] == "^" do
    local mark = stream[stream.at]
    stream.at = stream.at + 1
    local words = argument(stream, mark == "_")
    if mark == "_" then below = words else above = words end
  end
  if below == nil and above == nil then return "" end
  local name = token:match("^\\(.+)$")
  if name and LARGE[name] then
    return (below and (" over " .. below) or "") .. (above and (" up to " .. above) or "") .. " of"
  end
  local out = below and (" sub " .. below) or ""
  if above == nil then return out end
  if above == "prime" then return out .. " prime" end
  if above == "star" or above == "times" then return out .. " star" end
  return out .. " " .. (POWERS[above] or ("to the power " .. above))
end

-- What may stand beside another such without a sign, and is multiplied by it.
local function factor(token)
  if token == nil then return false end
  if token:match("^%w") then return true end
  local name = token:match("^\\(%a+)$")
  if name == nil or name == "Delta" or RELATIONS[name] or SIGNS[name] or LARGE[name] or SILENT[name] then return false end
  return name:match("^log") == nil and not ({ ln = true, exp = true, Pr = true, sin = true, cos = true })[name]
end

function parse(stream, closing, apart)
  local parts, before = {}, nil
  while stream[stream.at] and stream[stream.at] ~= closing do
    local token = stream[stream.at]
    local words = base(stream)
    local name = token:match("^\\(.+)$")
    local marked = stream[stream.at] == "_" or stream[stream.at] == "^"
    words = words .. scripts(stream, token) .. ((LARGE[name or ""] and not marked) and " of" or "")
    if words ~= "" then
      local product = (factor(before) or before == ")" or before == "'") and factor(token) or (before == ")" and token == "(")
      if product and not apart then parts[#parts + 1] = "times" end
      parts[#parts + 1] = words
      before = token
    end
  end
  return table.concat(parts, " ")
end

-- The words of an equation.
local function say(tex)
  local stream = tokens(tex)
  stream.at = 1
  stream.word = function(token)
    stream.at = stream.at - 1
    return base(stream)
  end
  local words = parse(stream, nil)
  words = words:gsub("%s+", " "):gsub(" ,", ","):gsub(",+", ","):gsub("^%s+", ""):gsub("[%s,]+$", "")
  return words
end

return { say = say }
