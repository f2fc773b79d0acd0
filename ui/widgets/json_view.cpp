#include "ui/widgets/json_view.h"

#include "ui/models/json_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/scintilla.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QTimer>
#include <QVBoxLayout>

namespace gantry::widgets {

namespace {

constexpr int kErrorIndicator = 8; // the first that lexers leave alone
constexpr int kFirstFoldMarker = QsciScintilla::SC_MARKNUM_FOLDEREND;
constexpr int kLastFoldMarker = QsciScintilla::SC_MARKNUM_FOLDEROPEN;
constexpr int kValidateMs = 250;
constexpr qsizetype kMaxColoured = 1024 * 1024;

} // namespace

// Scintilla with our keys: Tab leaves the field unless text is selected or the line is indented by
// it, which keeps the page reachable by keyboard.
class JsonView::Editor final : public QsciScintilla {
public:
    explicit Editor(QWidget* parent) : QsciScintilla(parent), m_lexer(new QsciLexerJSON(this)) {}

    QsciLexerJSON* jsonLexer() const { return m_lexer; }
    QTimer validateTimer;

    // Scintilla would insert a tab in a viewer's place too; Ctrl+Tab always leaves.
    bool event(QEvent* event) override
    {
        if (event->type() == QEvent::ShortcutOverride && isReadOnly())
            return QAbstractScrollArea::event(event);
        return QsciScintilla::event(event);
    }

protected:
    bool focusNextPrevChild(bool next) override
    {
        return isReadOnly() ? QAbstractScrollArea::focusNextPrevChild(next)
                            : QsciScintilla::focusNextPrevChild(next);
    }
    void keyPressEvent(QKeyEvent* event) override
    {
        const bool tab = event->key() == Qt::Key_Tab || event->key() == Qt::Key_Backtab;
        if (tab && (isReadOnly() || event->modifiers().testFlag(Qt::ControlModifier))) {
            const bool back =
                event->key() == Qt::Key_Backtab || event->modifiers().testFlag(Qt::ShiftModifier);
            QAbstractScrollArea::focusNextPrevChild(!back);
            return;
        }
        QsciScintilla::keyPressEvent(event);
    }

private:
    QsciLexerJSON* m_lexer;
};

JsonView::JsonView(const QString& objectName, const QString& accessibleName, Mode mode,
                   QWidget* parent)
    : QWidget(parent), m_mode(mode), m_editor(new Editor(this))
{
    identify(m_editor, objectName, accessibleName);
    m_editor->setToolTip({});
    m_editor->setUtf8(true);
    m_editor->setReadOnly(mode == Mode::Read);
    m_editor->setFrameShape(QFrame::NoFrame);
    m_editor->setEolMode(QsciScintilla::EolUnix);
    m_editor->setIndentationsUseTabs(false);
    m_editor->setTabWidth(2);
    m_editor->setAutoIndent(true);
    m_editor->setBraceMatching(mode == Mode::Edit ? QsciScintilla::StrictBraceMatch
                                                  : QsciScintilla::NoBraceMatch);
    m_editor->setFolding(QsciScintilla::PlainFoldStyle, 2);
    m_editor->setMarginType(0, QsciScintilla::NumberMargin);
    m_editor->setMarginWidth(1, 0);
    m_editor->setScrollWidthTracking(true);
    m_editor->setScrollWidth(1);
    m_editor->indicatorDefine(QsciScintilla::SquigglePixmapIndicator, kErrorIndicator);
    m_editor->setCaretLineVisible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 1, 1, 1);
    layout->addWidget(m_editor);
    setFocusProxy(m_editor);
    applyTheme();

    m_editor->validateTimer.setSingleShot(true);
    m_editor->validateTimer.setInterval(kValidateMs);
    connect(&m_editor->validateTimer, &QTimer::timeout, this, &JsonView::validate);
    connect(m_editor, &QsciScintilla::textChanged, this, [this] {
        if (m_mode == Mode::Edit)
            m_editor->validateTimer.start();
        Q_EMIT textChanged();
    });
}

JsonView::~JsonView() = default;

QString JsonView::text() const
{
    return m_editor->text();
}

void JsonView::setText(const QString& text)
{
    m_editor->setText(text);
    m_coloured = text.size() <= kMaxColoured;
    applyTheme();
    const int digits = static_cast<int>(QString::number(m_editor->lines()).size());
    m_editor->setMarginWidth(0, QString(digits + 2, QLatin1Char('9')));
    if (m_mode == Mode::Edit)
        validate();
}

void JsonView::replaceText(const QString& text)
{
    m_editor->beginUndoAction();
    m_editor->selectAll();
    m_editor->replaceSelectedText(text);
    m_editor->endUndoAction();
    m_editor->setCursorPosition(0, 0);
    validate();
}

bool JsonView::isValid() const
{
    return !models::checkJson(text()).has_value();
}

const models::JsonError* JsonView::error() const
{
    return m_error.get();
}

void JsonView::goToError()
{
    validate();
    if (!m_error)
        return;
    m_editor->setCursorPosition(m_error->line - 1, m_error->column - 1);
    m_editor->ensureLineVisible(m_error->line - 1);
    m_editor->setFocus();
}

void JsonView::validate()
{
    m_editor->validateTimer.stop();
    const int lines = m_editor->lines();
    m_editor->clearIndicatorRange(0, 0, lines - 1, m_editor->text(lines - 1).size(),
                                  kErrorIndicator);
    const auto error = models::checkJson(m_editor->text());
    m_error = error ? std::make_unique<models::JsonError>(*error) : nullptr;
    if (m_error) {
        const int line = m_error->line - 1;
        const int column = m_error->column - 1;
        const int length = static_cast<int>(m_editor->text(line).size());
        m_editor->fillIndicatorRange(line, std::min(column, std::max(0, length - 1)), line,
                                     std::min(column + 1, length), kErrorIndicator);
    }
    Q_EMIT validated();
}

void JsonView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(Theme::current().color(Theme::Border));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

void JsonView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        applyTheme();
    QWidget::changeEvent(event);
}

void JsonView::applyTheme()
{
    const Theme& theme = Theme::current();
    const QColor paper = theme.color(Theme::CodeBackground);
    const QColor text = theme.color(Theme::Text);
    const QFont font = theme.font(Theme::Mono);
    QsciLexerJSON* lexer = m_editor->jsonLexer();
    lexer->setDefaultPaper(paper);
    lexer->setDefaultColor(text);
    lexer->setDefaultFont(font);
    lexer->setPaper(paper);
    lexer->setColor(text);
    lexer->setFont(font);
    lexer->setColor(theme.color(Theme::Accent), QsciLexerJSON::Property);
    lexer->setColor(theme.color(Theme::Success), QsciLexerJSON::String);
    lexer->setColor(theme.color(Theme::Error), QsciLexerJSON::UnclosedString);
    lexer->setColor(theme.color(Theme::Warning), QsciLexerJSON::EscapeSequence);
    lexer->setColor(theme.color(Theme::Warning), QsciLexerJSON::Number);
    lexer->setColor(theme.color(Theme::Info), QsciLexerJSON::Keyword);
    lexer->setColor(theme.color(Theme::MutedText), QsciLexerJSON::Operator);
    lexer->setColor(theme.color(Theme::Error), QsciLexerJSON::Error);
    lexer->setColor(theme.color(Theme::Accent), QsciLexerJSON::IRI);
    lexer->setColor(theme.color(Theme::Accent), QsciLexerJSON::IRICompact);
    m_editor->setLexer(m_coloured ? lexer : nullptr);
    m_editor->setFont(font);
    m_editor->setPaper(paper);
    m_editor->setColor(text);
    m_editor->setCaretForegroundColor(text);
    m_editor->setSelectionBackgroundColor(theme.color(Theme::Selected));
    m_editor->resetSelectionForegroundColor();
    m_editor->setMarginsBackgroundColor(paper);
    m_editor->setMarginsForegroundColor(theme.color(Theme::FaintText));
    m_editor->setMarginsFont(font);
    m_editor->setFoldMarginColors(paper, paper);
    for (int marker = kFirstFoldMarker; marker <= kLastFoldMarker; ++marker) {
        // The editor's own setters leave the markers of its folding alone.
        const auto number = static_cast<unsigned long>(marker);
        m_editor->SendScintilla(QsciScintilla::SCI_MARKERSETFORE, number, paper);
        m_editor->SendScintilla(QsciScintilla::SCI_MARKERSETBACK, number,
                                theme.color(Theme::FaintText));
    }
    m_editor->setMatchedBraceBackgroundColor(theme.color(Theme::Selected));
    m_editor->setMatchedBraceForegroundColor(text);
    m_editor->setUnmatchedBraceForegroundColor(theme.color(Theme::Error));
    m_editor->setIndicatorForegroundColor(theme.color(Theme::Error), kErrorIndicator);
}

} // namespace gantry::widgets
