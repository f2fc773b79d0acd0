#include "ui/pages/monitor/log_delegate.h"

#include "ui/models/log_model.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QFontMetrics>
#include <QMouseEvent>
#include <QPainter>

namespace gantry::ui {

using models::LogLevel;
using models::LogModel;
using widgets::Theme;

namespace {

constexpr int kPadding = 8;
constexpr int kStrip = 3;
constexpr int kRowSpacing = 4;
constexpr int kFunctionCharacters = 20; // of the column of names

Theme::Role textRole(LogLevel level)
{
    switch (level) {
    case LogLevel::Error:
        return Theme::Error;
    case LogLevel::Warning:
        return Theme::Warning;
    case LogLevel::Debug:
    case LogLevel::Platform:
        return Theme::MutedText;
    case LogLevel::Info:
        break;
    }
    return Theme::Text;
}

bool hasStrip(LogLevel level)
{
    return level == LogLevel::Error || level == LogLevel::Warning;
}

} // namespace

LogDelegate::LogDelegate(QObject* parent)
    : QStyledItemDelegate(parent), m_font(Theme::current().font(Theme::Mono))
{
    const QFontMetrics metrics(m_font);
    m_characterWidth = metrics.horizontalAdvance(QLatin1Char('M'));
    m_rowHeight = metrics.height() + kRowSpacing;
    m_timeWidth = metrics.horizontalAdvance(QStringLiteral("00:00:00.000"));
}

void LogDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const
{
    const Theme& theme = Theme::current();
    const auto level = LogLevel(index.data(LogModel::LevelRole).toInt());
    const QRect row = option.rect;
    if (option.state & QStyle::State_Selected)
        painter->fillRect(row, theme.color(Theme::Selected));
    painter->setFont(m_font);
    if (index.data(LogModel::FirstRole).toBool()) {
        const qint64 ms = index.data(LogModel::TimeRole).toLongLong() / 1000;
        painter->setPen(theme.color(Theme::MutedText));
        painter->drawText(
            QRect(row.left() + kPadding, row.top(), m_timeWidth, row.height()),
            Qt::AlignVCenter | Qt::AlignLeft,
            QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss.zzz")));
    }
    if (hasStrip(level))
        painter->fillRect(
            QRect(row.left() + textLeft() - kPadding, row.top(), kStrip, row.height()),
            theme.color(textRole(level)));
    if (m_functionWidth > 0)
        paintFunction(*painter, row, index.data(LogModel::FunctionRole).toString());
    QString text = index.data().toString();
    text.replace(QLatin1Char('\t'), QStringLiteral("    "));
    QRect place(row.left() + textLeft(), row.top(), row.width() - textLeft(), row.height());
    if (const QRect why = whyRect(row, index); !why.isEmpty()) {
        paintWhy(*painter, why);
        place.setLeft(why.right() + kPadding);
    }
    if (!m_highlight.isEmpty())
        paintHighlights(*painter, place, text);
    painter->setPen(theme.color(textRole(level)));
    painter->drawText(place, Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine, text);
}

QSize LogDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const
{
    return {textLeft() + int(m_characters) * m_characterWidth + kPadding, m_rowHeight};
}

QRect LogDelegate::whyRect(const QRect& row, const QModelIndex& index) const
{
    if (!index.data(LogModel::DeniedRole).toBool())
        return {};
    const int width = QFontMetrics(m_font).horizontalAdvance(tr("Why?")) + 2 * kPadding;
    return {row.left() + textLeft(), row.top() + 1, width, row.height() - 2};
}

bool LogDelegate::editorEvent(QEvent* event, QAbstractItemModel* model,
                              const QStyleOptionViewItem& option, const QModelIndex& index)
{
    if (event->type() == QEvent::MouseButtonRelease) {
        const auto* mouse = static_cast<const QMouseEvent*>(event);
        if (mouse->button() == Qt::LeftButton &&
            whyRect(option.rect, index).contains(mouse->pos())) {
            Q_EMIT whyRequested(index);
            return true;
        }
    }
    return QStyledItemDelegate::editorEvent(event, model, option, index);
}

void LogDelegate::paintWhy(QPainter& painter, const QRect& place) const
{
    const Theme& theme = Theme::current();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(theme.color(Theme::Accent));
    painter.setBrush(theme.color(Theme::Surface));
    painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    painter.drawText(place, Qt::AlignCenter, tr("Why?"));
    painter.restore();
}

bool LogDelegate::growTo(qsizetype characters)
{
    if (characters <= m_characters)
        return false;
    m_characters = characters;
    return true;
}

void LogDelegate::showFunctions(const QStringList& order)
{
    m_functions = order;
    m_functionWidth = kFunctionCharacters * m_characterWidth;
}

QColor LogDelegate::functionColor(const QStringList& order, const QString& name)
{
    const qsizetype place = order.indexOf(name);
    return place < 0 ? Theme::current().color(Theme::MutedText)
                     : Theme::current().series(int(place % Theme::kSeriesCount));
}

void LogDelegate::paintFunction(QPainter& painter, const QRect& row, const QString& name) const
{
    const QRect place(row.left() + kPadding + m_timeWidth + kPadding, row.top(), m_functionWidth,
                      row.height());
    painter.setPen(functionColor(m_functions, name));
    painter.drawText(place, Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                     QFontMetrics(m_font).elidedText(name, Qt::ElideMiddle, m_functionWidth));
}

void LogDelegate::paintHighlights(QPainter& painter, const QRect& text, const QString& line) const
{
    const QColor color = Theme::current().color(Theme::WarningSoft);
    for (qsizetype at = line.indexOf(m_highlight, 0, Qt::CaseInsensitive); at >= 0;
         at = line.indexOf(m_highlight, at + m_highlight.size(), Qt::CaseInsensitive))
        painter.fillRect(QRect(text.left() + int(at) * m_characterWidth, text.top() + 1,
                               int(m_highlight.size()) * m_characterWidth, text.height() - 2),
                         color);
}

int LogDelegate::textLeft() const
{
    const int function = m_functionWidth > 0 ? m_functionWidth + kPadding : 0;
    return kPadding + m_timeWidth + 2 * kPadding + function;
}

} // namespace gantry::ui
