-- What pandoc's Typst writer leaves out, mended; both engines run this filter.
-- 1. A leading =, -, +, / or "1." of what stands in brackets (a cell, a caption, a link, emphasis, an item of a list)
--    would become a Typst heading or list; the writer guards the start of a line alone.
-- 2. Typst's shorthands for an ellipsis and a soft hyphen.
-- 3. The language of a span is lost, and with it the right forms of Chinese characters.
-- 4. A claim's span would hide its first word from the guard of 1; its mark means nothing in print.
-- 5. Equations have no alternative text, which a PDF for all readers must have.
-- The notes at a table's foot are set smaller than its rows, and apart from them; no table is wrapped in a figure without
-- a caption.

local HERE = debug.getinfo(1, "S").source:match("^@?(.*[/\\])") or ""
local math_words = dofile(HERE .. "math_words.lua")
local table_height = dofile(HERE .. "table_height.lua")

local M = {}

local LANGUAGE = "^(%a%a%a?)%-?(%a*)$"

local function guard(inlines)
  local first, second = inlines[1], inlines[2]
  if first == nil or first.t ~= "Str" then return nil end
  -- What an expression prints and the point after it are two.
  if first.text:match("^%d+$") and second and second.t == "Str" and second.text:match("^%.") then
    first = pandoc.Str(first.text .. second.text)
    inlines:remove(1)
    inlines[1] = first
  end
  local text = first.text
  local mark, rest = text:match("^([=%-%+/])(.*)$")
  local escaped
  if mark then
    escaped = "\\" .. mark
  else
    local number
    number, rest = text:match("^(%d+)%.(.*)$")
    if number == nil then return nil end
    escaped = number .. "\\."
  end
  inlines[1] = pandoc.RawInline("typst", escaped)
  if rest ~= "" then inlines:insert(2, pandoc.Str(rest)) end
  return inlines
end

-- A typed ellipsis is one character by now: three points are meant as such.
local function spell_out(str)
  if not (str.text:find("...", 1, true) or str.text:find("-?", 1, true)) then return nil end
  local inlines, position = pandoc.Inlines({}), 1
  for place, mark in str.text:gmatch("()([.-])") do
    local following = str.text:sub(place, place + 2)
    if following == "..." or following:sub(1, 2) == "-?" then
      if place > position then inlines:insert(pandoc.Str(str.text:sub(position, place - 1))) end
      inlines:insert(pandoc.RawInline("typst", "\\" .. mark))
      position = place + 1
    end
  end
  if position <= #str.text then inlines:insert(pandoc.Str(str.text:sub(position))) end
  return inlines
end

local function set_notes(rows)
  for i, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      local space = i == 1 and "#v(1.5pt)" or ""
      cell.contents:insert(1, pandoc.Plain({ pandoc.RawInline("typst", "#set text(size: 8pt, fill: luma(60));" .. space) }))
    end
  end
end

-- The first cell says how high the table is, about: by that the template lets it float or not.
local function set_height(tbl)
  local rows = #tbl.head.rows > 0 and tbl.head.rows or tbl.bodies[1].body
  local cell = rows[1] and rows[1].cells[1]
  if cell == nil then return end
  local mark = pandoc.RawInline("typst", string.format("#metadata((table-height: %.0fpt));", table_height.estimate(tbl)))
  local block = cell.contents[1]
  if block and (block.t == "Plain" or block.t == "Para") then block.content:insert(1, mark) else cell.contents:insert(1, pandoc.Plain({ mark })) end
end

local function mark_table(tbl)
  set_height(tbl)
  set_notes(tbl.foot.rows)
  tbl.classes:insert("typst:no-figure")
  return tbl
end

local function mark_language(span)
  local lang = span.attributes["lang"]
  if lang == nil then
    if span.attributes["claim"] and span.identifier == "" then return span.content end
    return nil
  end
  local language, region = lang:match(LANGUAGE)
  if language == nil then return nil end
  local arguments = 'lang: "' .. language:lower() .. '"'
  if region ~= "" then arguments = arguments .. ', region: "' .. region:upper() .. '"' end
  local inlines = pandoc.Inlines({ pandoc.RawInline("typst", "#text(" .. arguments .. ")[") })
  inlines:extend(guard(span.content) or span.content)
  inlines:insert(pandoc.RawInline("typst", "]"))
  return inlines
end

-- It prints nothing here, and would hide the first word from the guard.
local function drop_html(raw)
  if raw.format:match("^html") then return {} end
end

-- Equations ----------------------------------------------------------------------------------------------

function M.quoted(text) return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"' end

-- An equation as Typst, with its words; `numbering` is Typst too, or nil.
function M.equation(math, numbering)
  local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), "typst"):gsub("%s+$", "")
  local arguments = "block: " .. (math.mathtype == "DisplayMath" and "true" or "false")
  if numbering then arguments = arguments .. ", numbering: " .. numbering end
  return "#math.equation(" .. arguments .. ", alt: " .. M.quoted(math_words.say(math.text)) .. ", " .. body .. ")"
end

local EQUATION_LABEL = "^({#eq%-[%w%-_]+)}$"

-- Quarto itself sets an equation that has a label, and takes the words from an attribute.
local function say_equations(inlines)
  local found = false
  for i, inline in ipairs(inlines) do
    if inline.t == "Math" then
      local after = inlines[i + 1]
      local at = after and (after.t == "Space" or after.t == "SoftBreak") and i + 2 or i + 1
      local label = inline.mathtype == "DisplayMath" and inlines[at] and inlines[at].t == "Str" and inlines[at].text:match(EQUATION_LABEL)
      if label then
        inlines[at] = pandoc.Str(label .. " alt=" .. M.quoted(math_words.say(inline.text)) .. "}")
      else
        inlines[i] = pandoc.RawInline("typst", M.equation(inline))
      end
      found = true
    end
  end
  return found
end

local function mend_inlines(inlines)
  local said = say_equations(inlines)
  return guard(inlines) or (said and inlines or nil)
end

M.filter = { RawInline = drop_html, Str = spell_out, Inlines = mend_inlines, Span = mark_language, Table = mark_table }

if FORMAT == nil or not FORMAT:match("typst") then
  -- Loaded by the embedded engine, or run by Quarto for another format.
  if REPORT_EMBEDDED then return M end
  return {}
end
return { M.filter }
