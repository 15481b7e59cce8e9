-- What pandoc's Typst writer leaves out, mended; both engines run this filter.
-- 1. A leading =, -, +, / or "1." in a table cell or caption would become a Typst heading or list.
-- 2. The language of a span is lost, and with it the right forms of Chinese characters.
-- And the notes at a table's foot are set smaller than its rows, and apart from them.

local LANGUAGE = "^(%a%a%a?)%-?(%a*)$"

local function guard(inlines)
  local first = inlines[1]
  if first == nil or first.t ~= "Str" then return nil end
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

local function guard_blocks(blocks)
  for _, block in ipairs(blocks) do
    if block.t == "Plain" or block.t == "Para" then
      block.content = guard(block.content) or block.content
    end
  end
  return blocks
end

local function guard_rows(rows)
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do cell.contents = guard_blocks(cell.contents) end
  end
end

local function set_notes(rows)
  for i, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      local space = i == 1 and "#v(1.5pt)" or ""
      cell.contents:insert(1, pandoc.Plain({ pandoc.RawInline("typst", "#set text(size: 8pt, fill: luma(60));" .. space) }))
    end
  end
end

local function guard_table(tbl)
  guard_rows(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do
    guard_rows(body.head)
    guard_rows(body.body)
  end
  guard_rows(tbl.foot.rows)
  set_notes(tbl.foot.rows)
  tbl.caption.long = guard_blocks(tbl.caption.long)
  return tbl
end

local function guard_figure(figure)
  figure.caption.long = guard_blocks(figure.caption.long)
  return figure
end

local function mark_language(span)
  local lang = span.attributes["lang"]
  if lang == nil then return nil end
  local language, region = lang:match(LANGUAGE)
  if language == nil then return nil end
  local arguments = 'lang: "' .. language:lower() .. '"'
  if region ~= "" then arguments = arguments .. ', region: "' .. region:upper() .. '"' end
  local inlines = pandoc.Inlines({ pandoc.RawInline("typst", "#text(" .. arguments .. ")[") })
  inlines:extend(guard(span.content) or span.content)
  inlines:insert(pandoc.RawInline("typst", "]"))
  return inlines
end

local filter = { Table = guard_table, Figure = guard_figure, Span = mark_language }

if FORMAT == nil or not FORMAT:match("typst") then
  -- Loaded by the embedded engine, or run by Quarto for another format.
  if REPORT_EMBEDDED then return filter end
  return {}
end
return { filter }
