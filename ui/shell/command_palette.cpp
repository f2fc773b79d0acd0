#include "ui/shell/command_palette.h"

#include "ui/shell/command_model.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QFrame>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTextLayout>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kWidth = 620;
constexpr int kRowHeight = 36;
constexpr int kVisibleRows = 10;
constexpr int kTop = 88;

// A row: icon, the text with its matched letters in the accent, and the detail at the right.
class CommandDelegate final : public QStyledItemDelegate {
public:
    CommandDelegate(const CommandModel& model, QObject* parent)
        : QStyledItemDelegate(parent), m_model(model)
    {
    }

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override
    {
        return {kWidth, kRowHeight};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        const Theme& theme = Theme::current();
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRect box = option.rect.adjusted(6, 1, -6, -1);
        if (option.state & QStyle::State_Selected) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(theme.color(Theme::Selected));
            painter->drawRoundedRect(box, Theme::kRadius, Theme::kRadius);
        }
        const QRect icon(box.left() + 10, box.center().y() - 8, 18, 18);
        theme.icon(index.data(CommandModel::IconRole).toString()).paint(painter, icon);

        const QString detail = index.data(CommandModel::DetailRole).toString();
        const int detailWidth = option.fontMetrics.horizontalAdvance(detail);
        const QRect right = box.adjusted(box.width() - detailWidth - 12, 0, -12, 0);
        painter->setPen(theme.color(Theme::MutedText));
        painter->drawText(right, Qt::AlignVCenter | Qt::AlignRight, detail);
        const int left = icon.right() + 12;
        paintText(painter, QRect(left, box.top(), right.left() - left - 12, box.height()), index,
                  option);
        painter->restore();
    }

private:
    void paintText(QPainter* painter, const QRect& rect, const QModelIndex& index,
                   const QStyleOptionViewItem& option) const
    {
        const Theme& theme = Theme::current();
        QList<QTextLayout::FormatRange> formats;
        for (const FuzzyMatch::Range& range : m_model.ranges(index.row())) {
            QTextLayout::FormatRange format;
            format.start = range.start;
            format.length = range.length;
            format.format.setForeground(theme.color(Theme::Accent));
            format.format.setFontWeight(QFont::Bold);
            formats.append(format);
        }
        QTextLayout layout(index.data(Qt::DisplayRole).toString(), option.font);
        layout.setFormats(formats);
        layout.beginLayout();
        QTextLine line = layout.createLine();
        if (line.isValid())
            line.setLineWidth(1e6);
        layout.endLayout();
        painter->setClipRect(rect);
        painter->setPen(theme.color(Theme::Text));
        const qreal top = rect.top() + (rect.height() - line.height()) / 2;
        layout.draw(painter, QPointF(rect.left(), top));
    }

    const CommandModel& m_model;
};

} // namespace

CommandPalette::CommandPalette(QWidget* window)
    : QWidget(window), m_model(new CommandModel(this)), m_frame(new QFrame(this))
{
    setObjectName(QStringLiteral("commandPalette"));
    hide();
    m_frame->setObjectName(QStringLiteral("paletteFrame"));
    m_frame->setFixedWidth(kWidth);
    m_input = new QLineEdit(m_frame);
    widgets::identify(m_input, QStringLiteral("paletteInput"), tr("Command palette"));
    m_input->setPlaceholderText(tr("Search pages, functions and actions…"));
    m_list = new QListView(m_frame);
    widgets::identify(m_list, QStringLiteral("paletteList"), tr("Matches"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new CommandDelegate(*m_model, m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_nothing = widgets::makeCaption(tr("Nothing matches."), m_frame);
    m_nothing->setContentsMargins(18, 10, 18, 10);

    auto* column = new QVBoxLayout(m_frame);
    column->setContentsMargins(1, 1, 1, 7);
    column->setSpacing(6);
    column->addWidget(m_input);
    column->addWidget(m_list);
    column->addWidget(m_nothing);

    connect(m_input, &QLineEdit::textChanged, this, &CommandPalette::search);
    connect(m_list, &QListView::clicked, this, &CommandPalette::runCurrent);
    m_input->installEventFilter(this);
    window->installEventFilter(this);
}

void CommandPalette::addSource(std::unique_ptr<CommandSource> source)
{
    m_model->addSource(std::move(source));
}

void CommandPalette::open()
{
    if (isVisible()) {
        dismiss();
        return;
    }
    m_focusBefore = QApplication::focusWidget();
    m_model->prepare();
    {
        const QSignalBlocker silent(m_input);
        m_input->clear();
    }
    place();
    search({});
    show();
    raise();
    m_input->setFocus();
}

void CommandPalette::dismiss()
{
    hide();
    if (m_focusBefore)
        m_focusBefore->setFocus();
}

void CommandPalette::search(const QString& typed)
{
    m_model->setQuery(typed);
    const int rows = m_model->rowCount();
    m_list->setVisible(rows > 0);
    m_nothing->setVisible(rows == 0);
    m_list->setFixedHeight(qMin(rows, kVisibleRows) * kRowHeight);
    m_list->setCurrentIndex(m_model->index(0));
    m_list->scrollToTop();
    m_frame->adjustSize();
}

void CommandPalette::choose(int step)
{
    const int rows = m_model->rowCount();
    if (rows == 0)
        return;
    int row = m_list->currentIndex().row() + step;
    if (qAbs(step) == 1)
        row = (row + rows) % rows;
    m_list->setCurrentIndex(m_model->index(qBound(0, row, rows - 1)));
}

void CommandPalette::runCurrent()
{
    const int row = m_list->currentIndex().row();
    dismiss();
    m_model->run(row);
}

bool CommandPalette::keyPressed(int key)
{
    switch (key) {
    case Qt::Key_Up: choose(-1); return true;
    case Qt::Key_Down: choose(+1); return true;
    case Qt::Key_PageUp: choose(-kVisibleRows); return true;
    case Qt::Key_PageDown: choose(+kVisibleRows); return true;
    case Qt::Key_Tab:
    case Qt::Key_Backtab: return true;  // the focus stays here until the palette closes
    case Qt::Key_Return:
    case Qt::Key_Enter: runCurrent(); return true;
    case Qt::Key_Escape: dismiss(); return true;
    default: return false;
    }
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parent() && event->type() == QEvent::Resize && isVisible())
        place();
    if (watched == m_input && event->type() == QEvent::KeyPress)
        return keyPressed(static_cast<QKeyEvent*>(event)->key());
    return QWidget::eventFilter(watched, event);
}

void CommandPalette::place()
{
    setGeometry(parentWidget()->rect());
    m_frame->move((width() - kWidth) / 2, qMin(kTop, height() / 8));
}

void CommandPalette::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), Theme::current().color(Theme::Shadow));
}

void CommandPalette::mousePressEvent(QMouseEvent*) { dismiss(); }

} // namespace gantry::ui
