#include "ui/pages/cost/calculator_tab.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/slider_field.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::SliderField;
using widgets::Theme;

CalculatorTab::CalculatorTab(QWidget* parent) : QWidget(parent)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, Theme::kMargin, 0, 0);
    row->setSpacing(Theme::kMargin);
    row->addWidget(makeSliders(), 3, Qt::AlignTop);
    row->addWidget(makeBill(), 2, Qt::AlignTop);
}

QWidget* CalculatorTab::makeSliders()
{
    auto* card = widgets::makeCard(this);
    const auto slider = [&](SliderField*& field, const char* name, const QString& title,
                            const QString& unit, std::vector<int> steps, int value) {
        field = new SliderField(QLatin1String(name), title, unit, std::move(steps), card);
        field->setValue(value);
        connect(field, &SliderField::valueChanged, this, &CalculatorTab::work);
    };
    slider(m_requests, "calcRequests", tr("Requests a month"), tr("thousand"),
           {0, 1, 10, 100, 500, 1'000, 2'000, 5'000, 10'000, 50'000, 100'000, 500'000}, 1'000);
    slider(m_duration, "calcDuration", tr("Billed duration"), tr("ms"),
           {1, 5, 10, 20, 50, 100, 200, 500, 1'000, 3'000, 10'000, 60'000, 300'000, 900'000}, 100);
    slider(m_memory, "calcMemory", tr("Calculator memory"), tr("MB"), SliderField::memorySteps(), 128);
    slider(m_tmp, "calcTmp", tr("Size of /tmp"), tr("MB"), SliderField::tmpSteps(), 512);
    slider(m_async, "calcAsync", tr("Size of asynchronous events"), tr("KB"),
           {0, 64, 128, 256, 320, 384, 512, 768, 1'024}, 0);
    slider(m_streamed, "calcStreamed", tr("Streamed response"), tr("MB"),
           {0, 1, 6, 10, 20, 50, 100, 200}, 0);
    slider(m_provisioned, "calcProvisioned", tr("Provisioned concurrency"), {},
           {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000}, 0);
    slider(m_restores, "calcRestores", tr("Restored environments a month"), {},
           {0, 10, 100, 1'000, 10'000, 100'000, 1'000'000}, 1'000);
    m_architecture = new QComboBox(card);
    widgets::identify(m_architecture, QStringLiteral("calcArchitecture"), tr("Calculator architecture"));
    m_architecture->addItems({QStringLiteral("x86_64"), QStringLiteral("arm64")});
    connect(m_architecture, &QComboBox::currentIndexChanged, this, &CalculatorTab::work);
    m_snapStart = new QCheckBox(tr("SnapStart (Python, .NET)"), card);
    widgets::identify(m_snapStart, QStringLiteral("calcSnapStart"), tr("SnapStart"),
                      tr("One version's snapshot kept all month; Java pays nothing for it"));
    m_freeTier = new QCheckBox(tr("Count the free tier"), card);
    widgets::identify(m_freeTier, QStringLiteral("calcFreeTier"), tr("Take off the free tier"));
    m_freeTier->setChecked(true);
    for (QCheckBox* box : {m_snapStart, m_freeTier})
        connect(box, &QCheckBox::toggled, this, &CalculatorTab::work);

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setVerticalSpacing(12);
    form->addRow(tr("Requests"), m_requests);
    form->addRow(tr("Duration"), m_duration);
    form->addRow(tr("Memory"), m_memory);
    form->addRow(tr("Architecture"), m_architecture);
    form->addRow(tr("/tmp"), m_tmp);
    form->addRow(tr("Async events of"), m_async);
    form->addRow(tr("Streamed"), m_streamed);
    form->addRow(tr("Provisioned"), m_provisioned);
    form->addRow(QString(), m_snapStart);
    form->addRow(tr("Restores"), m_restores);
    form->addRow(QString(), m_freeTier);
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("A month as you imagine it"), card));
    widgets::cardLayout(card)->addLayout(form);
    return card;
}

QWidget* CalculatorTab::makeBill()
{
    auto* card = widgets::makeCard(this);
    m_total = new QLabel(card);
    m_total->setObjectName(QStringLiteral("calcTotal"));
    m_total->setFont(Theme::current().font(Theme::Number));
    m_exact = widgets::makeCaption({}, card);
    m_exact->setObjectName(QStringLiteral("calcExact"));
    m_exact->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_lines = new QLabel(card);
    m_lines->setObjectName(QStringLiteral("calcLines"));
    m_lines->setTextFormat(Qt::RichText);
    m_lines->setWordWrap(true);
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Its bill"), card));
    widgets::cardLayout(card)->addWidget(m_total);
    widgets::cardLayout(card)->addWidget(m_exact);
    widgets::cardLayout(card)->addSpacing(Theme::kSpace);
    widgets::cardLayout(card)->addWidget(m_lines);
    m_billCard = card;
    return card;
}

void CalculatorTab::setPrices(const rpc::PriceTable& prices)
{
    m_prices = prices;
    work();
}

models::ImaginedMonth CalculatorTab::month() const
{
    models::ImaginedMonth month;
    month.requests = qint64(m_requests->value()) * 1'000;
    month.billedMs = m_duration->value();
    month.memoryMb = m_memory->value();
    month.tmpMb = m_tmp->value();
    month.arm64 = m_architecture->currentIndex() == 1;
    month.asyncKb = m_async->value();
    month.streamedMb = m_streamed->value();
    month.provisioned = m_provisioned->value();
    month.snapStart = m_snapStart->isChecked();
    month.restores = m_restores->value();
    month.freeTier = m_freeTier->isChecked();
    return month;
}

void CalculatorTab::work()
{
    m_restores->setEnabled(m_snapStart->isChecked());
    if (m_prices.isEmpty())
        return;
    const models::ImaginedMonth month = this->month();
    const pricing::Bill bill =
        pricing::billOf(models::usageOf(month, m_prices.table), m_prices.table);
    const pricing::Money total = month.freeTier ? bill.due() : bill.listed;
    m_total->setText(tr("%1 a month").arg(models::formatUsd(total)));
    m_exact->setText(tr("exactly $%1, at the prices of %2, %3")
                         .arg(QString::fromStdString(total.toString()), m_prices.region, m_prices.asOf));
    QString rows;
    for (const pricing::Line& line : bill.lines) {
        const auto row = [&rows](const QString& what, const QString& amount) {
            rows += QStringLiteral("<tr><td style='padding:3px 24px 3px 0'>%1</td>"
                                   "<td align='right' style='padding:3px 0 3px 0'>%2</td></tr>")
                        .arg(what.toHtmlEscaped(), amount.toHtmlEscaped());
        };
        row(QStringLiteral("%1, %2").arg(models::itemText(line.item),
                                         models::quantityText(line.item, line.quantity)),
            models::formatUsd(line.listed));
        if (month.freeTier && line.free != pricing::Money())
            row(tr("free tier, %1").arg(models::quantityText(line.item, line.freeQuantity)),
                QStringLiteral("−") + models::formatUsd(line.free));
    }
    m_lines->setText(QStringLiteral("<table width='100%' cellspacing='0'>%1</table>").arg(rows));
}

} // namespace gantry::ui
