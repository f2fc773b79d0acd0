#include "ui/pages/platform/export_card.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/key_value_table.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::CopyLine;
using widgets::KeyValueTable;
using widgets::Theme;

namespace {

QString stateText(const rpc::ExportStatus& status)
{
    if (!status.settings.on)
        return ExportCard::tr("Off. Nothing leaves this machine.");
    QString text = status.lastSuccess.isValid()
                       ? ExportCard::tr("Pushed %1×, last at %2.")
                             .arg(models::formatCount(status.exports),
                                  QLocale().toString(status.lastSuccess.time(), QLocale::ShortFormat))
                       : ExportCard::tr("Not pushed yet.");
    if (status.settings.traces)
        text += ExportCard::tr(" %1 spans delivered.").arg(models::formatCount(status.spans));
    if (status.segmentsDropped > 0)
        text += ExportCard::tr(" %1 segments of traces dropped.")
                    .arg(models::formatCount(status.segmentsDropped));
    return status.problem.isEmpty() ? text : text + QLatin1Char(' ') + status.problem;
}

QString headerProblem(const QString& name, const QString& /*value*/)
{
    for (const QChar c : name) {
        if (!(c.isLetterOrNumber() && c.unicode() < 128) && c != QLatin1Char('-') && c != QLatin1Char('_'))
            return ExportCard::tr("Letters, digits, dashes and underscores only");
    }
    return {};
}

} // namespace

ExportCard::ExportCard(rpc::Channel& channel, QWidget* parent)
    : QFrame(parent), m_api(channel), m_on(new QCheckBox(tr("Push metrics by OTLP/HTTP"))),
      m_details(new QWidget), m_endpoint(new QLineEdit), m_interval(new QSpinBox),
      m_traces(new QCheckBox(tr("Traces as well"))),
      m_headers(new KeyValueTable({QStringLiteral("exportHeaders"), tr("Header"), tr("Name"),
                                   tr("Value; empty keeps it"), tr("Add header")},
                                  headerProblem)),
      m_apply(widgets::makeButton(QStringLiteral("applyExport"), tr("Apply"))),
      m_state(widgets::makeCaption({})), m_prometheus(widgets::makeCaption({})),
      m_prometheusAddress(new CopyLine(QStringLiteral("copyMetricsAddress"),
                                       tr("Copy the address for Prometheus")))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("exportCard"));
    build();
    connect(m_on, &QCheckBox::toggled, this, &ExportCard::updateControls);
    connect(m_endpoint, &QLineEdit::textChanged, this, &ExportCard::updateControls);
    connect(m_interval, &QSpinBox::valueChanged, this, &ExportCard::updateControls);
    connect(m_traces, &QCheckBox::toggled, this, &ExportCard::updateControls);
    connect(m_headers, &KeyValueTable::changed, this, &ExportCard::updateControls);
    connect(m_apply, &QPushButton::clicked, this, &ExportCard::apply);
    updateControls();
}

void ExportCard::build()
{
    widgets::identify(m_on, QStringLiteral("exportOn"), tr("Push metrics by OTLP/HTTP"),
                      tr("To an OpenTelemetry collector, Grafana Alloy, Mimir and others"));
    widgets::identify(m_endpoint, QStringLiteral("exportEndpoint"), tr("OTLP endpoint"),
                      tr("The address below which /v1/metrics and /v1/traces are"));
    m_endpoint->setPlaceholderText(QStringLiteral("http://127.0.0.1:4318"));
    widgets::identify(m_interval, QStringLiteral("exportInterval"), tr("Interval of pushes"),
                      tr("5 to 3,600 seconds between two pushes"));
    m_interval->setRange(5, 3'600);
    m_interval->setValue(60);
    m_interval->setPrefix(tr("every "));
    m_interval->setSuffix(tr(" s"));
    widgets::identify(m_traces, QStringLiteral("exportTraces"), tr("Traces as well"),
                      tr("Segments of traces are pushed as spans"));
    m_apply->setToolTip(tr("Use it from now on; remembered over restarts, encrypted"));
    m_apply->setAccessibleName(tr("Apply the export"));
    m_state->setObjectName(QStringLiteral("exportState"));
    m_prometheus->setObjectName(QStringLiteral("prometheusState"));

    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_endpoint, 1);
    row->addWidget(m_interval);
    auto* details = new QVBoxLayout(m_details);
    details->setContentsMargins(0, 0, 0, 0);
    details->setSpacing(Theme::kSpace);
    details->addLayout(row);
    details->addWidget(m_traces);
    details->addWidget(widgets::makeCaption(tr("Headers of each push, such as Authorization:")));
    details->addWidget(m_headers);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_apply);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Other monitoring"), this));
    column->addWidget(m_on);
    column->addWidget(m_details);
    column->addLayout(buttons);
    column->addWidget(m_state);
    column->addSpacing(4);
    column->addWidget(m_prometheus);
    column->addWidget(m_prometheusAddress);
}

void ExportCard::load()
{
    m_api.status(this, [this](const rpc::Result<rpc::ExportStatus>& status) {
        if (status)
            take(*status);
    });
}

rpc::ExportSettings ExportCard::edited() const
{
    return {m_on->isChecked(), m_endpoint->text().trimmed(), m_interval->value(), m_headers->values(),
            m_traces->isChecked()};
}

bool ExportCard::isEdited() const
{
    return m_loaded && !(edited() == m_status.settings);
}

void ExportCard::take(const rpc::ExportStatus& status)
{
    const bool keep = isEdited();
    m_status = status;
    m_loaded = true;
    if (!keep) {
        m_on->setChecked(status.settings.on);
        m_endpoint->setText(status.settings.endpoint);
        m_interval->setValue(status.settings.intervalSeconds);
        m_traces->setChecked(status.settings.traces);
        if (m_headers->values() != status.settings.headers)
            m_headers->setValues(status.settings.headers);
    }
    updateControls();
}

void ExportCard::apply()
{
    m_apply->setEnabled(false);
    m_api.change(edited(), this, [this](const rpc::Result<rpc::ExportStatus>& status) {
        if (!status) {
            updateControls();
            Q_EMIT messageRequested(status.error().message, true);
            return;
        }
        m_loaded = false; // what was asked for is in force
        take(*status);
        Q_EMIT messageRequested(status->settings.on ? tr("Metrics are pushed from now on")
                                                    : tr("Metrics are pushed no longer"),
                                false);
    });
}

void ExportCard::updateControls()
{
    m_on->setEnabled(m_loaded);
    m_details->setVisible(m_on->isChecked());
    m_apply->setEnabled(isEdited() && m_headers->isValid() &&
                        (!m_on->isChecked() || !m_endpoint->text().trimmed().isEmpty()));
    m_apply->setVisible(m_on->isChecked() || m_status.settings.on);
    m_state->setText(stateText(m_status));
    widgets::setStyleProperty(m_state, "tone", m_status.problem.isEmpty() ? QString() : QStringLiteral("error"));
    const bool served = !m_status.prometheusEndpoint.isEmpty();
    m_prometheus->setText(served ? tr("Prometheus fetches the same metrics here:")
                                 : tr("Prometheus can fetch the same metrics when gantryd is started with "
                                      "--prometheus."));
    m_prometheusAddress->setVisible(served);
    m_prometheusAddress->setText(m_status.prometheusEndpoint);
}

} // namespace gantry::ui
