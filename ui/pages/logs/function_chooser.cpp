#include "ui/pages/logs/function_chooser.h"

#include "ui/models/functions_model.h"
#include "ui/pages/monitor/log_delegate.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kSwatch = 10;
constexpr int kWidth = 220;

QPixmap swatch(const QColor& color, qreal ratio)
{
    QPixmap pixmap(QSize(kSwatch, kSwatch) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(0, 0, kSwatch, kSwatch, 3, 3);
    return pixmap;
}

} // namespace

FunctionChooser::FunctionChooser(const models::FunctionsModel* functions, QWidget* parent)
    : QWidget(parent), m_functions(functions),
      m_filter(new widgets::SearchField(QStringLiteral("logFunctionsFilter"), tr("Find function"),
                                        this)),
      m_list(new QListWidget(this))
{
    setFixedWidth(kWidth);
    m_filter->setAccessibleName(tr("Find function"));
    widgets::identify(m_list, QStringLiteral("logFunctions"), tr("Functions whose logs are shown"),
                      tr("Check functions to show only their logs; none checked shows all"));
    m_list->setIconSize(QSize(kSwatch, kSwatch));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(m_filter);
    layout->addWidget(m_list, 1);
    auto* hint = widgets::makeCaption(tr("None checked shows all functions."), this);
    layout->addWidget(hint);
    connect(m_filter, &QLineEdit::textChanged, this, &FunctionChooser::applyFilter);
    connect(m_list, &QListWidget::itemChanged, this, &FunctionChooser::changed);
    if (m_functions) {
        for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
            connect(m_functions, signal, this, &FunctionChooser::refresh);
        connect(m_functions, &QAbstractItemModel::modelReset, this, &FunctionChooser::refresh);
    }
    refresh();
}

QStringList FunctionChooser::chosen() const
{
    QStringList names;
    for (int row = 0; row < m_list->count(); ++row) {
        if (m_list->item(row)->checkState() == Qt::Checked)
            names.append(m_list->item(row)->text());
    }
    return names;
}

void FunctionChooser::choose(const QStringList& names)
{
    {
        const QSignalBlocker quiet(m_list);
        for (int row = 0; row < m_list->count(); ++row) {
            QListWidgetItem* item = m_list->item(row);
            item->setCheckState(names.contains(item->text()) ? Qt::Checked : Qt::Unchecked);
        }
    }
    Q_EMIT changed();
}

void FunctionChooser::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        paintColours();
    QWidget::changeEvent(event);
}

void FunctionChooser::refresh()
{
    const QStringList before = chosen();
    QStringList names = m_functions ? m_functions->names() : QStringList();
    std::sort(names.begin(), names.end());
    if (names == m_names)
        return;
    m_names = names;
    {
        const QSignalBlocker quiet(m_list);
        m_list->clear();
        for (const QString& name : m_names) {
            auto* item = new QListWidgetItem(name, m_list);
            item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
            item->setCheckState(before.contains(name) ? Qt::Checked : Qt::Unchecked);
            item->setToolTip(name);
        }
    }
    paintColours();
    applyFilter();
    Q_EMIT changed();
}

void FunctionChooser::applyFilter()
{
    for (int row = 0; row < m_list->count(); ++row)
        m_list->item(row)->setHidden(
            !m_list->item(row)->text().contains(m_filter->text().trimmed(), Qt::CaseInsensitive));
}

void FunctionChooser::paintColours()
{
    const QSignalBlocker quiet(m_list);
    for (int row = 0; row < m_list->count(); ++row)
        m_list->item(row)->setIcon(swatch(
            LogDelegate::functionColor(m_names, m_list->item(row)->text()), devicePixelRatioF()));
}

} // namespace gantry::ui
