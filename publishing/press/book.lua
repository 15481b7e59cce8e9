-- Runs under `pandoc lua book.lua`: reads a book's chapters, numbers them, resolves references
-- across the book, and writes pages and the Typst source. The manifest, JSON on standard input, says what to do:
--   task = "scan"   print as JSON which references each chapter makes and which it defines
--   task = "print"  write every page and the Typst source, and print as JSON which kept results they are made of

local json = require("pandoc.json")
local path = require("pandoc.path")
local utils = require("pandoc.utils")
local List = require("pandoc.List")

local function read_file(name)
  local handle = assert(io.open(name, "r"))
  local text = handle:read("a")
  handle:close()
  return text
end

local function write_file(name, text)
  local handle = assert(io.open(name, "w"))
  handle:write(text)
  handle:close()
end

local manifest = json.decode(io.stdin:read("a"), false)

local HERE = path.directory(arg[0])
local NUMBER_DEPTH = 3
local NAMES = { fig = "Figure", tbl = "Table", eq = "Equation", sec = "Section" }
local NBSP = "\u{a0}"

-- Keeping ---------------------------------------------------------------------------------------------

-- What takes long and follows from its input alone is kept in a file named by that input, so that it is never stale:
-- another input has another name. `manifest.press` stands for the scripts themselves and pandoc.
local used = List:new()

local function keep(kind, input, make)
  local name = kind .. "-" .. utils.sha1(manifest.press .. "\n" .. input)
  used:insert(name)
  local file = path.join({ manifest.kept, name })
  local handle = io.open(file, "r")
  if handle then
    local sum, text = handle:read("l", "a")
    handle:close()
    -- A disk that ran full or lost its power may have left less than was written.
    if text and utils.sha1(text) == sum then return text end
  end
  local text = make()
  write_file(file .. ".partial", utils.sha1(text) .. "\n" .. text)
  assert(os.rename(file .. ".partial", file))
  return text
end

local function kind_of(id) return id:match("^(%a+)%-") end
local function is_reference(id) return NAMES[kind_of(id) or ""] ~= nil end
local function has_class(element, class) return element.classes:includes(class) end

-- Reading ---------------------------------------------------------------------------------------------

local function read_markdown(text) return pandoc.read(text, manifest.reader) end

local EQUATION_LABEL = "^{#(eq%-[%w%-_]+)}$"

-- `$$ ... $$ {#eq-x}` becomes a Div of class "equation".
local function mark_equation(para)
  local content = para.content
  local last = content[#content]
  local id = last and last.t == "Str" and last.text:match(EQUATION_LABEL)
  if not id then return nil end
  for _, inline in ipairs(content) do
    if inline.t == "Math" and inline.mathtype == "DisplayMath" then
      return pandoc.Div({ pandoc.Para({ inline }) }, pandoc.Attr(id, { "equation" }))
    end
  end
end

-- Tables and figures with a label become a Div of class "float": caption in an inner Div, then content.
local function float(id, kind, caption, content)
  local blocks = List:new({ pandoc.Div({ pandoc.Plain(caption) }, pandoc.Attr("", { "float-caption" })) })
  blocks:extend(content)
  return pandoc.Div(blocks, pandoc.Attr(id, { "float" }, { { "kind", kind } }))
end

local function alt_text(image)
  local alt = image.attributes["fig-alt"]
  if alt then
    image.attributes["fig-alt"] = nil
    image.attributes["alt"] = alt
  end
  return image
end

local function mark_table(tbl)
  if kind_of(tbl.identifier) ~= "tbl" then return nil end
  local id = tbl.identifier
  local caption = utils.blocks_to_inlines(tbl.caption.long)
  tbl.attr = pandoc.Attr()
  tbl.caption = pandoc.Caption()
  return float(id, "tbl", caption, { tbl }), false
end

local function mark_figure(figure)
  local image = nil
  figure.content:walk({ Image = function(i) image = image or i end })
  local id = figure.identifier ~= "" and figure.identifier or (image and image.identifier) or ""
  if kind_of(id) ~= "fig" or image == nil then return nil end
  image = alt_text(image:clone())
  image.identifier = ""
  local caption = utils.blocks_to_inlines(figure.caption.long)
  image.caption = {}
  return float(id, "fig", caption, { pandoc.Plain({ image }) }), false
end

local CALLOUTS = List:new({ "note", "tip", "warning", "caution", "important" })

local function callout_kind(div)
  for _, kind in ipairs(CALLOUTS) do
    if has_class(div, "callout-" .. kind) then return kind end
  end
end

-- A callout's title is its first heading, its title attribute, or its kind. It is set apart at once: a heading in a
-- callout is no section and takes no number.
local function mark_callout(div)
  local kind = callout_kind(div)
  if kind == nil then return nil end
  local content = List:new(div.content)
  local title = { pandoc.Str(kind:sub(1, 1):upper() .. kind:sub(2)) }
  if content[1] and content[1].t == "Header" then
    title = content[1].content
    content:remove(1)
  elseif div.attributes.title then
    title = { pandoc.Str(div.attributes.title) }
  end
  content:insert(1, pandoc.Div({ pandoc.Plain(title) }, pandoc.Attr("", { "callout-title" })))
  div.content = content
  return div
end

-- A set of tabs is a Div whose headings of one level open one tab each; like a callout's, they are no sections.
local function mark_tabset(div)
  if not has_class(div, "panel-tabset") then return nil end
  local tabs, level = List:new(), nil
  for _, block in ipairs(div.content) do
    if block.t == "Header" and (level == nil or block.level == level) then
      level = block.level
      tabs:insert(pandoc.Div({ pandoc.Div({ pandoc.Plain(block.content) }, pandoc.Attr("", { "tab-title" })) }, pandoc.Attr("", { "tab" })))
    elseif #tabs > 0 then
      tabs[#tabs].content:insert(block)
    end
  end
  return pandoc.Div(tabs, pandoc.Attr(div.identifier, { "tabset" }))
end

local function mark_div(div) return mark_callout(div) or mark_tabset(div) end

local function callout_parts(div)
  return div.content[1].content[1].content, List:new({ table.unpack(div.content, 2) })
end

-- Comments are for authors: they reach no page, and leave no blank behind.
local function is_comment(raw) return raw.format == "html" and raw.text:match("^<!%-%-.*%-%->%s*$") ~= nil end

local function is_blank(inline) return inline ~= nil and (inline.t == "Space" or inline.t == "SoftBreak") end

local COMMENTS = {
  RawBlock = function(raw) if is_comment(raw) then return {} end end,
  Inlines = function(inlines)
    local kept = pandoc.Inlines({})
    local dropped = false
    for _, inline in ipairs(inlines) do
      if inline.t == "RawInline" and is_comment(inline) then
        dropped = true
      elseif not (dropped and is_blank(inline) and (#kept == 0 or is_blank(kept[#kept]))) then
        kept:insert(inline)
      end
    end
    if not dropped then return nil end
    if is_blank(kept[#kept]) then kept:remove() end
    return kept
  end,
}

local function read_chapter(chapter)
  local doc = read_markdown(chapter.text):walk(COMMENTS)
  doc.blocks = doc.blocks:walk({
    traverse = "topdown",
    Div = mark_div,
    Para = mark_equation,
    Table = mark_table,
    Figure = mark_figure,
  })
  return doc
end

-- Scanning --------------------------------------------------------------------------------------------

-- The words of a sentence; an inline expression is named by its number, between two signs that no text has.
local function words_of(inlines)
  return utils.stringify(inlines:walk({
    Span = function(span)
      if has_class(span, manifest.inline_class) then return pandoc.Str("\u{e000}" .. span.attributes.n .. "\u{e001}") end
    end,
  }))
end

-- A table or figure that stands in the text itself: its label, its caption as Markdown, and the file of a figure.
local function typed_float(div)
  local caption = div.content[1].content[1]:walk({
    Span = function(span)
      if has_class(span, manifest.inline_class) then return pandoc.Str("…") end
    end,
  })
  local file = ""
  div:walk({ Image = function(image) file = image.src end })
  local markdown = pandoc.write(pandoc.Pandoc({ caption }), "markdown", { wrap_text = "none" })
  return { label = div.identifier, caption = markdown:gsub("%s+$", ""), file = file }
end

local function scan_chapter(chapter)
  local doc = read_chapter(chapter)
  for _, caption in ipairs(chapter.captions) do doc.blocks:extend(read_markdown(caption).blocks) end
  local found = { cites = List:new(), ids = List:new(), links = List:new(), images = List:new(), silent = List:new(), stray = List:new(), titles = 0, raw = List:new(), claims = List:new(), floats = List:new() }
  local function define(element)
    if element.identifier ~= "" then found.ids:insert(element.identifier) end
  end
  local function define_div(div)
    define(div)
    if has_class(div, manifest.cell_class) then
      found.floats:insert({ step = tonumber(div.attributes.n) })
    elseif has_class(div, "float") then
      found.floats:insert(typed_float(div))
    end
  end
  doc:walk({
    Cite = function(cite)
      for _, citation in ipairs(cite.citations) do found.cites:insert(citation.id) end
    end,
    Header = function(header)
      define(header)
      if header.level == 1 then
        found.titles = found.titles + 1
        if found.titles == 1 then found.unnumbered = has_class(header, "unnumbered") end
      end
    end,
    Div = define_div,
    Span = function(span)
      define(span)
      if span.attributes.claim then
        found.claims:insert({ claim = span.attributes.claim, sentence = words_of(span.content) })
      end
    end,
    Link = function(link) found.links:insert(link.target) end,
    Image = function(image)
      found.links:insert(image.src)
      found.images:insert(image.src)
      local alt = image.attributes.alt or image.attributes["fig-alt"] or utils.stringify(image.caption)
      if not alt:match("%S") then found.silent:insert(image.src) end
    end,
    Code = function(code)
      if code.text:match("^{python}") then found.stray:insert(code.text) end
    end,
    RawInline = function(raw) found.raw:insert(raw.text) end,
    RawBlock = function(raw) found.raw:insert(raw.text) end,
  })
  found.path = chapter.path
  return found
end

local function scan()
  local result = { chapters = List:new(), keys = List:new() }
  for _, chapter in ipairs(manifest.chapters) do result.chapters:insert(scan_chapter(chapter)) end
  if #manifest.bibliography > 0 then
    local doc = pandoc.Pandoc({}, { bibliography = manifest.bibliography, nocite = pandoc.Inlines({ pandoc.Cite({}, { pandoc.Citation("*", "NormalCitation") }) }) })
    for _, reference in ipairs(utils.references(doc)) do result.keys:insert(reference.id) end
  end
  io.stdout:write(json.encode(result))
end

if manifest.task == "scan" then
  scan()
  return
end

-- What cells and expressions printed, put into the text -----------------------------------------------

local function output_blocks(output)
  if output.kind == "image" then
    local image = pandoc.Image({}, output.src, "", pandoc.Attr("", {}, { { "alt", output.alt or "" } }))
    return { pandoc.Plain({ image }) }
  elseif output.kind == "markdown" then
    -- Tables come as raw HTML, which both formats need as tables.
    return read_markdown(output.text).blocks:walk({
      RawBlock = function(raw)
        if raw.format == "html" then return pandoc.read(raw.text, "html").blocks end
      end,
    })
  end
  return { pandoc.CodeBlock(output.text, pandoc.Attr("", { "cell-output" })) }
end

local function cell_blocks(step)
  local blocks = List:new()
  if step.echo then
    local code = pandoc.CodeBlock(step.code, pandoc.Attr("", { "python" }))
    if step.code_fold then
      blocks:extend({ pandoc.RawBlock("html", '<details class="code-fold">\n<summary>Code</summary>'), code, pandoc.RawBlock("html", "</details>") })
    else
      blocks:insert(code)
    end
  end
  local printed = List:new()
  for _, output in ipairs(step.outputs) do printed:extend(output_blocks(output)) end
  if step.label and is_reference(step.label) then
    local caption = utils.blocks_to_inlines(read_markdown(step.caption).blocks)
    blocks:insert(float(step.label, kind_of(step.label), caption, printed))
    if step.fold then blocks:insert(pandoc.RawBlock("html", step.fold)) end
  else
    blocks:extend(printed)
  end
  return blocks
end

-- A number in prose links to its entry in the page's list; pages alone have that, and headings take no links.
local function linked(inlines, step)
  if step.link == nil then return inlines end
  local out = pandoc.Inlines({ pandoc.RawInline("html", step.link) })
  out:extend(inlines)
  out:insert(pandoc.RawInline("html", "</a>"))
  return out
end

local function without_raw(element)
  return element:walk({ RawInline = function() return {} end })
end

local function place_results(doc, steps, numbers)
  doc = doc:walk({
    Div = function(div)
      if has_class(div, manifest.cell_class) then return cell_blocks(steps[tonumber(div.attributes.n) + 1]) end
    end,
    Span = function(span)
      if not has_class(span, manifest.inline_class) then return nil end
      local step = steps[tonumber(span.attributes.n) + 1]
      return linked(utils.blocks_to_inlines(read_markdown(step.text).blocks), step)
    end,
  }):walk({ Header = without_raw })
  if numbers then doc.blocks:insert(pandoc.RawBlock("html", numbers)) end
  return doc
end

-- Numbers ---------------------------------------------------------------------------------------------

local labels = {} -- id -> { text, number, chapter }
local homes = {} -- id -> index of the first chapter that holds it
local own = {} -- index of a chapter -> the ids it holds

local function hold(id, index)
  if id == "" then return end
  own[index] = own[index] or {}
  own[index][id] = true
  homes[id] = homes[id] or index
end

-- Two chapters may both have a section "limits": a link means its own chapter's.
local function home_of(id, index) return (own[index] or {})[id] and index or homes[id] end

local function label_for(kind, number, text, index) return { kind = kind, number = number, text = text, chapter = index } end

local function number_chapter(doc, chapter, index)
  local counts = { fig = 0, tbl = 0, eq = 0 }
  local sections = {}
  local prefix = chapter.number and (chapter.number .. ".") or ""
  local function numbered(kind, id)
    counts[kind] = counts[kind] + 1
    local number = prefix .. counts[kind]
    labels[id] = label_for(kind, number, NAMES[kind] .. NBSP .. number, index)
    return number
  end
  doc.blocks = doc.blocks:walk({
    traverse = "topdown",
    Header = function(header)
      local number = nil
      if chapter.number and not has_class(header, "unnumbered") and header.level <= NUMBER_DEPTH then
        if header.level == 1 then
          number = chapter.number
        else
          local depth = header.level - 1
          sections[depth] = (sections[depth] or 0) + 1
          for deeper = depth + 1, NUMBER_DEPTH do sections[deeper] = 0 end
          number = chapter.number
          for level = 1, depth do number = number .. "." .. (sections[level] or 0) end
        end
        header.attributes["number"] = number
      end
      local name = NAMES.sec
      if header.level == 1 then name = chapter.appendix and "Appendix" or "Chapter" end
      local text = number and (name .. NBSP .. number) or utils.stringify(header)
      labels[header.identifier] = label_for("sec", number or utils.stringify(header), text, index)
      return header
    end,
    Div = function(div)
      if has_class(div, "float") then
        div.attributes["number"] = numbered(div.attributes.kind, div.identifier)
        return div, false
      elseif has_class(div, "equation") then
        div.attributes["number"] = numbered("eq", div.identifier)
        return div, false
      end
    end,
  })
  local function home(element) hold(element.identifier, index) end
  doc:walk({ Header = home, Div = home, Span = home })
  return doc
end

local function resolve_reference(cite)
  local links = List:new()
  for _, citation in ipairs(cite.citations) do
    local label = labels[citation.id]
    if label == nil or not is_reference(citation.id) then return nil end
    if #links > 0 then links:extend({ pandoc.Str(","), pandoc.Space() }) end
    local text = citation.mode == "SuppressAuthor" and label.number or label.text
    links:insert(pandoc.Link({ pandoc.Str(text) }, "#" .. citation.id, "", pandoc.Attr("", { "xref" })))
  end
  return links
end

-- How tables and figures were made --------------------------------------------------------------------

REPORT_EMBEDDED = true
local provenance = dofile(path.join({ HERE, "provenance.lua" }))

-- The list has another form on a page than in print; each writer leaves the other's out.
local function list_of_made()
  return {
    pandoc.Div(provenance.on_page(manifest.made, function(made) return made.html end), pandoc.Attr("", { "only-html" })),
    pandoc.Div(provenance.in_print(manifest.made), pandoc.Attr("", { "only-typst" })),
  }
end

local function only(format)
  return function(div)
    if has_class(div, "only-" .. format) then return div.content end
    if has_class(div, "only-html") or has_class(div, "only-typst") then return {} end
  end
end

-- One document of all chapters, so that citations are the same in every format ----------------------------

local function merge(docs)
  local blocks = List:new()
  for index, doc in ipairs(docs) do
    blocks:insert(pandoc.Div(doc.blocks, pandoc.Attr("", { "report-chapter" }, { { "index", tostring(index) } })))
  end
  local meta = { ["link-citations"] = true, lang = manifest.lang }
  if #manifest.bibliography > 0 then meta.bibliography = manifest.bibliography end
  local doc = pandoc.Pandoc(blocks, meta)
  if #manifest.bibliography > 0 then doc = utils.citeproc(doc) end
  return doc
end

local function split(doc)
  local chapters = {}
  for _, block in ipairs(doc.blocks) do
    if block.t == "Div" and has_class(block, "report-chapter") then
      chapters[tonumber(block.attributes.index)] = block.content
    end
  end
  return chapters
end

-- HTML ------------------------------------------------------------------------------------------------

local function relative(from, to)
  local up = select(2, from:gsub("/", ""))
  return string.rep("../", up) .. to
end

local indices = {} -- a chapter's file -> its index
for index, chapter in ipairs(manifest.chapters) do indices[chapter.path] = index end

-- The chapter that a link to a file means, and the part of the target after the file.
local function linked_chapter(target, chapter)
  local file, rest = target:match("^([^#]+%.qmd)(#?.*)$")
  if file == nil or file:match("^%a+:") then return nil end
  return indices[path.normalize(path.join({ path.directory(chapter.path), file })):gsub("^%./", "")], rest
end

local function html_target(target, chapter, index)
  local id = target:match("^#(.+)$")
  if id then
    local home = home_of(id, index)
    if home == nil or home == index then return target end
    return relative(chapter.page, manifest.chapters[home].page) .. target
  end
  local linked, rest = linked_chapter(target, chapter)
  return linked and (relative(chapter.page, manifest.chapters[linked].page) .. rest) or target
end

local function escape(text) return (text:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })) end

local function html_float(div)
  local kind = div.attributes.kind
  local caption = div.content[1].content[1].content
  local lead = List:new({
    pandoc.Span({ pandoc.Str(NAMES[kind] .. NBSP .. div.attributes.number .. ":") }, pandoc.Attr("", { "float-number" })),
    pandoc.Space(),
  })
  lead:extend(caption)
  local body = List:new({ table.unpack(div.content, 2) })
  local figcaption = {
    pandoc.RawBlock("html", "<figcaption>"), pandoc.Plain(lead), pandoc.RawBlock("html", "</figcaption>"),
  }
  local blocks = List:new({ pandoc.RawBlock("html", '<figure id="' .. escape(div.identifier) .. '" class="float ' .. kind .. '">') })
  local function scroll(class)
    return pandoc.Div(body, pandoc.Attr("", { class }, { { "tabindex", "0" }, { "role", "region" }, { "aria-label", NAMES[kind] .. " " .. div.attributes.number } }))
  end
  if kind == "tbl" then
    blocks:extend(figcaption)
    blocks:insert(scroll("table-scroll"))
  else
    blocks:insert(scroll("figure-scroll"))
    blocks:extend(figcaption)
  end
  blocks:insert(pandoc.RawBlock("html", "</figure>"))
  return blocks
end

local function html_equation(div)
  return {
    pandoc.RawBlock("html", '<div id="' .. escape(div.identifier) .. '" class="equation" tabindex="0" role="region" aria-label="Equation ' .. div.attributes.number .. '">'),
    pandoc.Plain(div.content[1].content),
    pandoc.RawBlock("html", '<span class="equation-number">(' .. div.attributes.number .. ")</span></div>"),
  }
end

local function html_callout(div)
  if not callout_kind(div) then return nil end
  local kind = callout_kind(div)
  local title, content = callout_parts(div)
  content:insert(1, pandoc.Para({ pandoc.Strong(title) }))
  return pandoc.Div(content, pandoc.Attr(div.identifier, { "callout", "callout-" .. kind }, { { "role", "note" } }))
end

local function html_header(header)
  local number = header.attributes["number"]
  if number == nil then return nil end
  header.attributes["number"] = nil
  header.content:insert(1, pandoc.Space())
  header.content:insert(1, pandoc.Span({ pandoc.Str(number) }, pandoc.Attr("", { "header-section-number" })))
  return header
end

local function is_han(code) return (code >= 0x3400 and code <= 0x9fff) or (code >= 0xf900 and code <= 0xfaff) end

-- Chinese text that no span marks, as in the list of references.
local function mark_chinese(str)
  local parts, run, run_is_han, any = pandoc.Inlines({}), "", false, false
  local function close()
    if run == "" then return end
    parts:insert(run_is_han and pandoc.Span({ pandoc.Str(run) }, pandoc.Attr("", {}, { { "lang", "zh-CN" } })) or pandoc.Str(run))
    run = ""
  end
  for _, code in utf8.codes(str.text) do
    local han = is_han(code)
    any = any or han
    if han ~= run_is_han then
      close()
      run_is_han = han
    end
    run = run .. utf8.char(code)
  end
  close()
  if any then return parts end
end

-- What an author marked is not marked twice.
local function merge_languages(span)
  if not span.attributes.lang then return nil end
  local content = pandoc.Inlines({})
  for _, inline in ipairs(span.content) do
    if inline.t == "Span" and inline.attributes.lang and inline.identifier == "" then
      content:extend(inline.content)
    else
      content:insert(inline)
    end
  end
  span.content = content
  return span
end

local function html_div(div)
  if has_class(div, "float") then return html_float(div) end
  if has_class(div, "equation") then return html_equation(div) end
  return html_callout(div)
end

local function chapter_title(blocks)
  for _, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 1 then return utils.stringify(block), block.attributes["number"] end
  end
  return "", nil
end

local function text_html(text) return escape(text) end

local function navigation(titles, current, sections)
  local here = manifest.chapters[current]
  local out = List:new()
  local part = nil
  for index, chapter in ipairs(manifest.chapters) do
    local group = chapter.part or (chapter.appendix and "Appendices") or nil
    if group ~= part then
      part = group
      if part then out:insert('<li class="part">' .. text_html(part) .. "</li>") end
    end
    local number = titles[index].number and ('<span class="chapter-number">' .. titles[index].number .. "</span> ") or ""
    local state = index == current and ' aria-current="page"' or ""
    local below = index == current and sections ~= "" and ('<div class="sections">' .. sections:gsub('%s+id="[^"]*"', "") .. "</div>") or ""
    out:insert(string.format('<li><a href="%s"%s>%s<span>%s</span></a>%s</li>', relative(here.page, chapter.page), state, number, text_html(titles[index].text), below))
  end
  return "<ul>\n" .. table.concat(out, "\n") .. "\n</ul>"
end

local function step_link(titles, current, step, rel, word)
  local chapter = manifest.chapters[current + step]
  if chapter == nil then return "" end
  local number = titles[current + step].number and (titles[current + step].number .. " ") or ""
  return string.format('<a rel="%s" href="%s"><span>%s</span> %s%s</a>', rel, relative(manifest.chapters[current].page, chapter.page), word, number, text_html(titles[current + step].text))
end

local function page_writer(titles)
  local template = pandoc.template.compile(read_file(path.join({ HERE, "page.html" })))
  return function(index, blocks)
    local chapter = manifest.chapters[index]
    local doc = pandoc.Pandoc(blocks):walk({ Str = mark_chinese, Span = merge_languages, Div = only("html") })
    doc = doc:walk({
      traverse = "topdown",
      Header = html_header,
      Div = html_div,
      Link = function(link) link.target = html_target(link.target, chapter, index) return link end,
      Image = function(image)
        -- Cells' images are addressed from the book's root, authors' from the chapter.
        if image.src:match("^/") then image.src = relative(chapter.page, image.src:sub(2)) end
        return alt_text(image)
      end,
    })
    local headers = doc.blocks:filter(function(block) return block.t == "Header" and block.level > 1 end)
    local contents_list = ""
    if #headers > 0 then
      local list = pandoc.structure.table_of_contents(headers, { toc_depth = NUMBER_DEPTH })
      contents_list = pandoc.write(pandoc.Pandoc({ list }), "html5")
    end
    local root = relative(chapter.page, "")
    doc.meta = {}
    local number = titles[index].number and (titles[index].number .. " ") or ""
    return pandoc.write(doc, "html5", {
      template = template,
      html_math_method = "mathml",
      section_divs = true,
      variables = {
        lang = manifest.lang,
        contents = contents_list,
        root = root,
        home = relative(chapter.page, manifest.chapters[1].page),
        ["book-title"] = text_html(manifest.title),
        pagetitle = text_html(index == 1 and manifest.title or (number .. titles[index].text .. " – " .. manifest.title)),
        navigation = navigation(titles, index, contents_list),
        previous = step_link(titles, index, -1, "prev", "Previous"),
        next = step_link(titles, index, 1, "next", "Next"),
        pdf = manifest.pdf and relative(chapter.page, manifest.pdf) or nil,
        search = manifest.search,
        first = index == 1 or nil,
        subtitle = manifest.subtitle and text_html(manifest.subtitle) or nil,
        author = List.map(manifest.authors, text_html),
      },
    })
  end
end

-- Typst -----------------------------------------------------------------------------------------------

local mend = dofile(path.join({ HERE, "typst.lua" }))
local order = dofile(path.join({ HERE, "order.lua" }))
local quoted = mend.quoted

-- As Quarto writes it, so that both engines take one set of rules.
local function typst_float(div)
  local kind = div.attributes.kind
  local blocks = List:new({ pandoc.RawBlock("typst", "#figure([") })
  blocks:extend({ table.unpack(div.content, 2) })
  blocks:extend({
    pandoc.RawBlock("typst", "], caption: figure.caption(position: " .. (kind == "tbl" and "top" or "bottom") .. ", ["),
    pandoc.Plain(div.content[1].content[1].content),
    pandoc.RawBlock("typst", string.format(
      '], separator: ": "), kind: "quarto-float-%s", supplement: "%s", numbering: _ => %s) <%s>',
      kind, NAMES[kind], quoted(div.attributes.number), div.identifier
    )),
  })
  return blocks
end

local function typst_equation(div)
  local numbering = "_ => " .. quoted("(" .. div.attributes.number .. ")")
  return pandoc.RawBlock("typst", mend.equation(div.content[1].content[1], numbering) .. " <" .. div.identifier .. ">")
end

-- pandoc's Typst writer leaves the alternative text out.
local function typst_image(image)
  local arguments = quoted(image.src)
  local alt = image.attributes.alt or utils.stringify(image.caption)
  if alt ~= "" then arguments = arguments .. ", alt: " .. quoted(alt) end
  for _, side in ipairs({ "width", "height" }) do
    local size = image.attributes[side]
    if size and size:match("^[%d.]+%%$") then arguments = arguments .. ", " .. side .. ": " .. size end
  end
  return pandoc.RawInline("typst", "#image(" .. arguments .. ")")
end

local function typst_callout(div)
  if not callout_kind(div) then return nil end
  local title, content = callout_parts(div)
  local blocks = List:new({
    pandoc.RawBlock("typst", "#callout(title: ["), pandoc.Plain(title), pandoc.RawBlock("typst", "], body: ["),
  })
  blocks:extend(content)
  blocks:insert(pandoc.RawBlock("typst", "])"))
  return blocks
end

-- In print the tabs stand one below the other.
local function typst_tab(div)
  local blocks = List:new({ pandoc.Para({ pandoc.Strong(div.content[1].content[1].content) }) })
  blocks:extend({ table.unpack(div.content, 2) })
  return blocks
end

-- Identifiers are unique within a chapter; in one document those that no other chapter may use get a prefix.
local function typst_id(id, index)
  if id == "" or is_reference(id) or id == "refs" or id:match("^ref%-") then return id end
  return "ch" .. index .. "-" .. id
end

local function title_id(blocks)
  for _, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 1 then return block.identifier end
  end
end

-- Lines are not broken: a number that ends a sentence, at the start of a line, would be that of a list.
-- Blocks as Typst, after what they need to have defined for their code: the two are told apart by a character that no
-- text has.
local DEFINED = "\u{e002}"

local function typst_text(blocks)
  return pandoc.write(pandoc.Pandoc(blocks), "typst-citations", {
    wrap_text = "none",
    template = pandoc.template.compile("$highlighting-definitions$" .. DEFINED .. "$body$"),
  })
end

local function chapter_writer(title_ids)
  return function(index, content)
    local chapter = manifest.chapters[index]
    local doc = pandoc.Pandoc(content):walk({
      Div = only("typst"),
      Header = function(header)
        header.identifier = typst_id(header.identifier, index)
        if header.attributes["number"] == nil then header.classes:insert("unnumbered") end
        header.attributes["number"] = nil
        return header
      end,
      Link = function(link)
        local id = link.target:match("^#(.+)$")
        if id then
          link.target = "#" .. typst_id(id, home_of(id, index) or index)
          return link
        end
        local linked, rest = linked_chapter(link.target, chapter)
        if linked then
          link.target = "#" .. typst_id(rest ~= "" and rest:sub(2) or title_ids[linked], linked)
          return link
        end
      end,
      Image = function(image)
        if not image.src:match("^/") and not image.src:match("^%a+:") then
          image.src = "/" .. path.normalize(path.join({ path.directory(chapter.path), image.src }))
        end
        return typst_image(alt_text(image))
      end,
    })
    doc.blocks = order.keep_openings(order.turn_wide_tables(doc.blocks)):walk({
      traverse = "topdown",
      Div = function(div)
        if has_class(div, "float") then return typst_float(div) end
        if has_class(div, "equation") then return typst_equation(div) end
        if callout_kind(div) then return typst_callout(div) end
        if has_class(div, "tab") then return typst_tab(div) end
        if not is_reference(div.identifier) and not div.identifier:match("^ref") then
          div.identifier = typst_id(div.identifier, index)
        end
        return div
      end,
    })
    return typst_text(doc:walk(mend.filter).blocks)
  end
end

local function typst_words(text)
  return (pandoc.write(pandoc.Pandoc({ pandoc.Plain({ pandoc.Str(text) }) }), "typst"):gsub("%s+$", ""))
end

local function write_typst(texts)
  local bodies, definitions = List:new(), ""
  local appendix, numbered, part = false, false, nil
  for index, text in ipairs(texts) do
    local chapter = manifest.chapters[index]
    if chapter and chapter.number and not numbered then
      numbered = true
      bodies:insert(order.MAIN_MATTER)
    end
    if chapter and chapter.part and chapter.part ~= part then bodies:insert("#part[" .. typst_words(chapter.part) .. "]") end
    part = chapter and chapter.part
    if chapter and chapter.appendix and not appendix then
      appendix = true
      bodies:insert("#show: appendices")
    end
    local defined, body = text:match("^(.-)" .. DEFINED .. "(.*)$")
    if definitions == "" then definitions = defined end
    bodies:insert(body)
  end
  if not numbered then bodies:insert(1, order.MAIN_MATTER) end
  local doc = pandoc.Pandoc({ pandoc.RawBlock("typst", table.concat(bodies, "\n\n")) }, {
    title = pandoc.MetaInlines(manifest.title),
    subtitle = manifest.subtitle and pandoc.MetaInlines(manifest.subtitle) or nil,
    author = pandoc.MetaList(List.map(manifest.authors, function(a) return pandoc.MetaInlines(a) end)),
    lang = manifest.lang,
  })
  local template = pandoc.template.compile(read_file(path.join({ HERE, "book.typ" })), HERE .. "/")
  write_file(path.join({ manifest.out, manifest.typst }), pandoc.write(doc, "typst-citations", {
    template = template,
    variables = {
      fonts = manifest.fonts,
      ["heading-fonts"] = manifest.heading_fonts,
      language = manifest.lang:match("^%a+"),
      ["highlighting-definitions"] = definitions ~= "" and definitions or nil,
    },
  }))
end

-- The whole book --------------------------------------------------------------------------------------

local docs = List:new()
for index, chapter in ipairs(manifest.chapters) do
  local read = keep("read", chapter.key, function()
    return pandoc.write(place_results(read_chapter(chapter), chapter.steps, chapter.numbers), "json")
  end)
  docs:insert(number_chapter(pandoc.read(read, "json"), chapter, index))
end
local listed = false
for index, doc in ipairs(docs) do
  local filled, found = provenance.fill(doc, list_of_made)
  docs[index] = filled
  listed = listed or found
end
-- Without a place for it the list is a part of its own, in print alone.
if manifest.typst and not listed then docs:insert(pandoc.Pandoc(provenance.at_end(manifest.made))) end
for index, doc in ipairs(docs) do docs[index] = doc:walk({ Cite = resolve_reference }) end

local contents = split(merge(docs))
local titles, title_ids = List:new(), List:new()
for index, blocks in ipairs(contents) do
  -- The entries of the references are there now, and links to them lead to that chapter.
  if own[index] and own[index].refs then blocks:walk({ Div = function(div) hold(div.identifier, index) end }) end
  local text, number = chapter_title(blocks)
  titles:insert({ text = text, number = number })
  title_ids:insert(title_id(blocks) or "")
end

-- All that a page says of other chapters, apart from what stands in its own text by now.
local outline = json.encode({
  titles, title_ids, homes, own, manifest.title, manifest.subtitle or "", manifest.authors, manifest.lang,
  manifest.pdf or "", List.map(manifest.chapters, function(chapter)
    return { chapter.path, chapter.page, chapter.part or "", chapter.appendix or false }
  end),
})

local page, typst_chapter = page_writer(titles), chapter_writer(title_ids)
local texts = List:new()
for index, blocks in ipairs(contents) do
  local input = index .. outline .. pandoc.write(pandoc.Pandoc(blocks), "json")
  if manifest.html and manifest.chapters[index] then
    local target = path.join({ manifest.out, manifest.chapters[index].page })
    write_file(target, keep("page", input, function() return page(index, blocks) end))
  end
  if manifest.typst then texts:insert(keep("typst", input, function() return typst_chapter(index, blocks) end)) end
end
if manifest.typst then write_typst(texts) end
io.stdout:write(json.encode(used))
