-- What pandoc's Typst writer leaves out, mended; both engines run this filter.
-- 1. A leading =, -, +, / or "1." of what stands in brackets (a cell, a caption, a link, emphasis, an item of a list)
--    would become a Typst heading or list; the writer guards the start of a line alone.
-- 2. Typst's shorthands for an ellipsis and a soft hyphen.
-- 3. The language of a span is lost, and with it the right forms of Chinese characters.
-- 4. A claim's span would hide its first word from the guard of 1; its mark means nothing in print.
-- And the notes at a table's foot are set smaller than its rows, and apart from them.

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

local function mark_notes(tbl)
  set_notes(tbl.foot.rows)
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

local filter = { RawInline = drop_html, Str = spell_out, Inlines = guard, Span = mark_language, Table = mark_notes }

if FORMAT == nil or not FORMAT:match("typst") then
  -- Loaded by the embedded engine, or run by Quarto for another format.
  if REPORT_EMBEDDED then return filter end
  return {}
end
return { filter }
