#include "ui/pages/monitor/range_buttons.h"

#include "ui/models/metrics_window.h"
#include "ui/widgets/controls.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QToolButton>

namespace gantry::ui {

using models::MetricsRange;
using models::MetricsWindow;

RangeButtons::RangeButtons(const QString& id, MetricsWindow& window, QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    auto* group = new QButtonGroup(this);
    for (const MetricsRange& range : models::metricsRanges()) {
        auto* button = new QToolButton(this);
        widgets::identify(button, QStringLiteral("%1_%2").arg(id, range.id),
                          tr("Range %1").arg(range.label), tr("The last %1").arg(range.label));
        button->setText(range.id);
        button->setCheckable(true);
        button->setChecked(range.id == window.range().id);
        button->setFocusPolicy(Qt::TabFocus);
        group->addButton(button);
        layout->addWidget(button);
        connect(button, &QToolButton::clicked, this,
                [&window, range = range.id] { window.setRange(range); });
        connect(&window, &MetricsWindow::rangeChanged, button, [&window, button, range = range.id] {
            button->setChecked(range == window.range().id);
        });
    }
}

} // namespace gantry::ui
