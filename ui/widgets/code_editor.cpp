#include "ui/widgets/code_editor.h"

#include "ui/widgets/theme.h"

#include <QEvent>
#include <QFileInfo>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/widgets/scintilla.h"

namespace gantry::widgets {
namespace {

constexpr int kErrorMarker = 1;
constexpr int kGoodMarker = 2;
constexpr int kBadMarker = 3;
constexpr int kNumberMargin = 0;
constexpr int kErrorAnnotationStyle = 64;  // a style number that no lexer used here has

QsciLexer* lexerFor(const QString& fileName, QObject* parent)
{
    const QString suffix = QFileInfo(fileName).suffix().toLower();
    const auto is = [&](std::initializer_list<const char*> suffixes) {
        for (const char* candidate : suffixes) {
            if (suffix == QLatin1String(candidate))
                return true;
        }
        return false;
    };
    if (is({"py"}))
        return new QsciLexerPython(parent);
    if (is({"java"}))
        return new QsciLexerJava(parent);
    if (is({"cpp", "h", "go", "rs"})) // close enough: comments, strings and most keywords
        return new QsciLexerCPP(parent);
    if (is({"rb"}))
        return new QsciLexerRuby(parent);
    if (is({"js", "mjs", "cjs", "ts"}))
        return new QsciLexerJavaScript(parent);
    if (is({"json"}))
        return new QsciLexerJSON(parent);
    if (is({"yml", "yaml"}))
        return new QsciLexerYAML(parent);
    if (is({"md"}))
        return new QsciLexerMarkdown(parent);
    if (is({"html", "htm"}))
        return new QsciLexerHTML(parent);
    if (is({"xml", "svg"}))
        return new QsciLexerXML(parent);
    if (is({"css"}))
        return new QsciLexerCSS(parent);
    if (is({"sh"}))
        return new QsciLexerBash(parent);
    return nullptr;
}

// The lexers name their styles in English; the words say what a style is for in all of them.
Theme::Role roleOfStyle(const QString& description)
{
    const struct {
        const char* word;
        Theme::Role role;
    } rows[] = {{"comment", Theme::FaintText},   {"string", Theme::Success},
                {"keyword", Theme::Accent},      {"number", Theme::Warning},
                {"property", Theme::Info},       {"class name", Theme::Info},
                {"function", Theme::Info},       {"decorator", Theme::Warning},
                {"error", Theme::Error},         {"tag", Theme::Accent},
                {"attribute", Theme::Info},      {"escape", Theme::Warning}};
    for (const auto& row : rows) {
        if (description.contains(QLatin1String(row.word), Qt::CaseInsensitive))
            return row.role;
    }
    return Theme::Text;
}

} // namespace

CodeEditor::CodeEditor(QWidget* parent) : QWidget(parent), m_editor(new QsciScintilla(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_editor);
    setFocusProxy(m_editor);

    m_editor->setUtf8(true);
    m_editor->setEolMode(QsciScintilla::EolUnix);
    m_editor->setTabWidth(4);
    m_editor->setIndentationsUseTabs(false);
    m_editor->setAutoIndent(true);
    m_editor->setBackspaceUnindents(true);
    m_editor->setBraceMatching(QsciScintilla::SloppyBraceMatch);
    m_editor->setCaretLineVisible(true);
    m_editor->setMarginLineNumbers(kNumberMargin, true);
    m_editor->setMarginWidth(1, 0);
    m_editor->setFrameShape(QFrame::NoFrame);
    m_editor->setAnnotationDisplay(QsciScintilla::AnnotationIndented);
    m_editor->setScrollWidth(1);
    m_editor->setScrollWidthTracking(true);
    for (const int marker : {kErrorMarker, kGoodMarker, kBadMarker})
        m_editor->markerDefine(QsciScintilla::Background, marker);
    // Tab leaves a field elsewhere; in code it indents, and Escape then Tab is Scintilla's way out.
    connect(m_editor, &QsciScintilla::textChanged, this, &CodeEditor::textChanged);
    connect(m_editor, &QsciScintilla::modificationChanged, this, &CodeEditor::modificationChanged);
    connect(m_editor, &QsciScintilla::linesChanged, this, [this] {
        if (m_editor->marginWidth(kNumberMargin) > 0)
            setLineNumbersVisible(true);
    });
    setLineNumbersVisible(true);
    applyTheme();
}

QString CodeEditor::text() const { return m_editor->text(); }

void CodeEditor::setText(const QString& text)
{
    clearError();
    m_editor->setText(text);
    m_editor->SendScintilla(QsciScintilla::SCI_EMPTYUNDOBUFFER);
    m_editor->setModified(false);
}

void CodeEditor::setCompletions(const QStringList& words)
{
    m_completions = words;
    m_completions.sort();
    m_editor->SendScintilla(
        QsciScintilla::SCI_SETWORDCHARS,
        "@_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    connect(m_editor, &QsciScintillaBase::SCN_CHARADDED, this, &CodeEditor::complete,
            Qt::UniqueConnection);
}

void CodeEditor::complete()
{
    const long end = m_editor->SendScintilla(QsciScintilla::SCI_GETCURRENTPOS);
    const long start = m_editor->SendScintilla(QsciScintilla::SCI_WORDSTARTPOSITION,
                                               static_cast<unsigned long>(end), true);
    const QString word = m_editor->text(int(start), int(end));
    QByteArray offered;
    for (const QString& candidate : m_completions) {
        if (!word.isEmpty() && candidate.size() > word.size() && candidate.startsWith(word))
            offered += (offered.isEmpty() ? "" : " ") + candidate.toUtf8();
    }
    if (!offered.isEmpty())
        m_editor->SendScintilla(QsciScintilla::SCI_AUTOCSHOW,
                                static_cast<unsigned long>(end - start), offered.constData());
}

void CodeEditor::replaceText(const QString& text)
{
    m_editor->beginUndoAction();
    m_editor->selectAll();
    m_editor->replaceSelectedText(text);
    m_editor->endUndoAction();
    m_editor->setCursorPosition(0, 0);
}

void CodeEditor::setLanguageFor(const QString& fileName)
{
    QsciLexer* lexer = lexerFor(fileName, this);
    m_editor->setLexer(lexer);
    delete m_lexer;
    m_lexer = lexer;
    const QString suffix = QFileInfo(fileName).suffix().toLower();
    m_editor->setTabWidth(suffix == QLatin1String("py") ? 4 : 2);
    m_editor->setIndentationWidth(0);  // as wide as a tab
    applyTheme();
}

void CodeEditor::setReadOnly(bool readOnly) { m_editor->setReadOnly(readOnly); }

void CodeEditor::setLineNumbersVisible(bool visible)
{
    if (!visible) {
        m_editor->setMarginWidth(kNumberMargin, 0);
        return;
    }
    const int digits = std::max(3, static_cast<int>(QString::number(m_editor->lines()).size()) + 1);
    m_editor->setMarginWidth(kNumberMargin, QString(digits, u'9'));
}

bool CodeEditor::isModified() const { return m_editor->isModified(); }

void CodeEditor::setModified(bool modified) { m_editor->setModified(modified); }

void CodeEditor::showError(int line, const QString& message)
{
    clearError();
    const int index = qBound(0, line - 1, std::max(0, m_editor->lines() - 1));
    m_editor->markerAdd(index, kErrorMarker);
    const Theme& theme = Theme::current();
    m_editor->annotate(index, message,
                       QsciStyle(kErrorAnnotationStyle, QStringLiteral("Error"), theme.color(Theme::Error),
                                 theme.color(Theme::ErrorSoft), theme.font(Theme::Caption)));
    goTo(line);
}

void CodeEditor::clearError()
{
    m_editor->markerDeleteAll(kErrorMarker);
    m_editor->clearAnnotations();
}

void CodeEditor::highlight(int firstLine, int lastLine, bool good)
{
    clearHighlight();
    for (int line = std::max(firstLine, 1); line <= lastLine; ++line)
        m_editor->markerAdd(line - 1, good ? kGoodMarker : kBadMarker);
    goTo(firstLine);
}

void CodeEditor::clearHighlight()
{
    m_editor->markerDeleteAll(kGoodMarker);
    m_editor->markerDeleteAll(kBadMarker);
}

void CodeEditor::undo() { m_editor->undo(); }

void CodeEditor::redo() { m_editor->redo(); }

void CodeEditor::goTo(int line, int column)
{
    m_editor->setCursorPosition(std::max(0, line - 1), std::max(0, column - 1));
    m_editor->ensureLineVisible(std::max(0, line - 1));
}

bool CodeEditor::find(const QString& text, bool forward)
{
    int line = -1, index = -1;
    if (!forward) {  // the search starts at the cursor, which is behind the current match
        int toLine = 0, toIndex = 0;
        if (m_editor->hasSelectedText())
            m_editor->getSelection(&line, &index, &toLine, &toIndex);
    }
    return m_editor->findFirst(text, false, false, false, true, forward, line, index);
}

void CodeEditor::setIdentity(const QString& objectName, const QString& accessibleName)
{
    m_editor->setObjectName(objectName);
    m_editor->setAccessibleName(accessibleName);
    m_editor->setToolTip(QString());
}

void CodeEditor::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTheme();
}

void CodeEditor::applyTheme()
{
    const Theme& theme = Theme::current();
    const QColor paper = theme.color(Theme::CodeBackground);
    colourLexer();
    m_editor->setFont(theme.font(Theme::Mono));
    m_editor->setColor(theme.color(Theme::Text));
    m_editor->setPaper(paper);
    m_editor->setCaretForegroundColor(theme.color(Theme::Text));
    m_editor->setCaretLineBackgroundColor(theme.color(Theme::Hover));
    m_editor->setSelectionBackgroundColor(theme.color(Theme::AccentSoft));
    m_editor->setSelectionForegroundColor(theme.color(Theme::Text));
    m_editor->setMarginsBackgroundColor(paper);
    m_editor->setMarginsForegroundColor(theme.color(Theme::FaintText));
    m_editor->setMarginsFont(theme.font(Theme::Mono));
    m_editor->setMatchedBraceBackgroundColor(theme.color(Theme::AccentSoft));
    m_editor->setMatchedBraceForegroundColor(theme.color(Theme::Accent));
    m_editor->setUnmatchedBraceForegroundColor(theme.color(Theme::Error));
    m_editor->setMarkerBackgroundColor(theme.color(Theme::ErrorSoft), kErrorMarker);
    m_editor->setMarkerBackgroundColor(theme.color(Theme::ErrorSoft), kBadMarker);
    m_editor->setMarkerBackgroundColor(theme.color(Theme::SuccessSoft), kGoodMarker);
}

void CodeEditor::colourLexer()
{
    if (!m_lexer)
        return;
    const Theme& theme = Theme::current();
    m_lexer->setDefaultFont(theme.font(Theme::Mono));
    m_lexer->setDefaultPaper(theme.color(Theme::CodeBackground));
    m_lexer->setDefaultColor(theme.color(Theme::Text));
    m_lexer->setFont(theme.font(Theme::Mono));
    m_lexer->setPaper(theme.color(Theme::CodeBackground));
    for (int style = 0; style < 128; ++style) {
        const QString description = m_lexer->description(style);
        if (!description.isEmpty())
            m_lexer->setColor(theme.color(roleOfStyle(description)), style);
    }
}

} // namespace gantry::widgets
