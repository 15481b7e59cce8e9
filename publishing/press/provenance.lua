-- How tables and figures were made, as a list where a chapter has `::: {#made}`, or else at the end of the PDF, in both
-- engines; and, as a filter of Quarto, the folds below tables and figures. The texts come from publishing/press/folds.py.

local M = {}

M.PLACE = "made" -- the identifier of the Div that the list fills
M.TITLE = "How tables and figures were made"

local function codes(texts)
  local out = pandoc.Inlines({})
  for i, text in ipairs(texts) do
    if i > 1 then out:extend({ pandoc.Str(","), pandoc.Space() }) end
    out:insert(pandoc.Code(text))
  end
  return out
end

local function words(text) return pandoc.Inlines(text) end

-- A caption away from home: what is addressed or counted from where it stands is left out.
local AWAY = {
  Link = function(link) return link.content end,
  Span = function(span)
    span.identifier = ""
    span.attributes.claim = nil
    return span
  end,
  Image = function() return {} end,
  Note = function() return {} end,
  RawInline = function() return {} end,
}

local function caption(made)
  local out = pandoc.utils.blocks_to_inlines(pandoc.read(made.caption or "", "markdown").blocks):walk(AWAY)
  if #out == 0 then return out end
  if not pandoc.utils.stringify(out):match("[.!?]$") then out:insert(pandoc.Str(".")) end
  out:insert(1, pandoc.Space())
  return out
end

-- The name of a table or figure, which the engine knows by its label.
local function name(made)
  return pandoc.Strong({
    pandoc.Cite({ pandoc.Str("@" .. made.id) }, { pandoc.Citation(made.id, "AuthorInText") }), pandoc.Str("."),
  })
end

-- One entry in print.
local function entry(made)
  local out = pandoc.Inlines({ name(made) })
  out:extend(caption(made))
  out:insert(pandoc.Space())
  out:extend(words("Made by " .. made.by .. "."))
  if #made.findings > 0 then
    out:extend(words(" Findings: "))
    out:extend(codes(made.findings))
    if made.more > 0 then out:extend(words(" and " .. string.format("%d more", made.more))) end
    out:insert(pandoc.Str("."))
  end
  if #made.data > 0 then
    out:extend(words(" Data: "))
    out:extend(codes(made.data))
    out:insert(pandoc.Str("."))
  end
  if made.revision ~= "" then out:extend(words(" Last revision of its inputs: " .. made.revision .. ".")) end
  return pandoc.Para(out)
end

-- The list on a page; `inner` gives the HTML that stands below a name.
function M.on_page(entries, inner)
  local items = pandoc.List({})
  for _, made in ipairs(entries) do
    local term = pandoc.Inlines({ name(made) })
    term:extend(caption(made))
    local html = '<div class="made-by" data-made="' .. made.id .. '">' .. inner(made) .. "</div>"
    items:insert({ term, { { pandoc.RawBlock("html", html) } } })
  end
  if #items == 0 then return pandoc.Blocks({}) end
  return pandoc.Blocks({
    pandoc.Div({ pandoc.DefinitionList(items) }, pandoc.Attr("", { "made-list" }, { { "data-pagefind-ignore", "" } })),
  })
end

-- The list in print.
function M.in_print(entries)
  local blocks = pandoc.Blocks({})
  blocks:insert(pandoc.RawBlock("typst", "#[\n#set text(size: 8pt)\n#set par(justify: false, spacing: 0.9em)\n#show raw: set text(size: 7pt)"))
  for _, made in ipairs(entries) do blocks:insert(entry(made)) end
  blocks:insert(pandoc.RawBlock("typst", "]"))
  return blocks
end

-- The list as a part of its own, at the end of the PDF.
function M.at_end(entries)
  local blocks = pandoc.Blocks({})
  if entries == nil or #entries == 0 then return blocks end
  blocks:insert(pandoc.Header(1, words(M.TITLE), pandoc.Attr("how-made", { "unnumbered" })))
  blocks:insert(pandoc.Para(words("For each table and figure: the function that made it, the findings that it shows, the data behind them with the first characters of their SHA-256, and the last revision that touched any of these. The pages of the book list every finding with its value.")))
  blocks:extend(M.in_print(entries))
  return blocks
end

-- A document with the place filled, and whether it has one.
function M.fill(doc, make)
  local found = false
  local filled = doc:walk({
    Div = function(div)
      if div.identifier ~= M.PLACE then return nil end
      found = true
      div.content:extend(make())
      return div
    end,
  })
  return filled, found
end

if REPORT_EMBEDDED or quarto == nil then return M end

-- As a filter of Quarto, before it takes labelled cells apart (`at: pre-ast`) -----------------------------

local function asked(...) return pandoc.json.decode(pandoc.pipe("report", { "provenance", ... }, ""), false) end

local function add_folds(doc)
  local made = asked("--chapter", quarto.doc.input_file)
  doc.blocks = doc.blocks:walk({
    Div = function(div)
      -- Where a cell shows a picture, the picture bears the label.
      local fold = made.folds[div.identifier:match("^cell%-(.*)$") or div.identifier]
      if fold and div.classes:includes("cell") then return { div, pandoc.RawBlock("html", fold) } end
    end,
  })
  if made.numbers then doc.blocks:insert(pandoc.RawBlock("html", made.numbers)) end
  return doc
end

-- Quarto runs the next chapter when it has written the page of this one: what is below the names on a page is put in
-- by `report provenance --after`, after all have run.
local function add_list(doc)
  local filled = M.fill(doc, function()
    return M.on_page(asked("--index").index, function() return "" end)
  end)
  return filled
end

local function add_index(doc)
  local entries = asked("--index").index
  local filled, found = M.fill(doc, function() return M.in_print(entries) end)
  if not found then filled.blocks:extend(M.at_end(entries)) end
  return filled
end

return {
  {
    Pandoc = function(doc)
      if quarto.doc.is_format("html") then return add_list(add_folds(doc)) end
      if quarto.doc.is_format("typst") then return add_index(doc) end
    end,
  },
}
