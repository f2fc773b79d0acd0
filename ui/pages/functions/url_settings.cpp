#include "ui/pages/functions/url_settings.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSpinBox>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kMaxAgeS = 86'400; // Lambda's own limit
constexpr int kFieldWidth = 460;

QStringList listOf(const QLineEdit* edit)
{
    return edit->text().split(QRegularExpression(QStringLiteral("[,\\s]+")), Qt::SkipEmptyParts);
}

} // namespace

UrlSettings::UrlSettings(QWidget* parent)
    : QWidget(parent), m_auth(new QComboBox), m_mode(new QComboBox),
      m_cors(new QCheckBox(tr("Let web pages of other origins call it (CORS)")))
{
    widgets::identify(m_auth, QStringLiteral("urlAuth"), tr("Who may call the URL"));
    m_auth->addItem(tr("Anyone who knows the address (NONE)"), false);
    m_auth->addItem(tr("Requests signed with SigV4 (AWS_IAM)"), true);
    widgets::identify(m_mode, QStringLiteral("urlMode"), tr("How the URL answers"));
    m_mode->addItem(tr("When the function is done, up to 6 MB (BUFFERED)"), false);
    m_mode->addItem(tr("While the function runs, up to 200 MB (RESPONSE_STREAM)"), true);
    widgets::identify(m_cors, QStringLiteral("urlCors"), m_cors->text());
    m_cors->setToolTip(tr("Without it, the function's own headers decide"));
    for (QComboBox* choice : {m_auth, m_mode}) {
        choice->setMaximumWidth(kFieldWidth);
        connect(choice, &QComboBox::activated, this, &UrlSettings::changed);
    }
    connect(m_cors, &QCheckBox::clicked, this, [this] {
        showCors();
        Q_EMIT changed();
    });
    auto* form = new QFormLayout;
    form->setContentsMargins(0, 0, 0, 0);
    form->setSpacing(Theme::kSpace);
    form->addRow(tr("Callers"), m_auth);
    form->addRow(tr("Answer"), m_mode);
    form->addRow(tr("Browsers"), m_cors);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2 * Theme::kMargin);
    layout->addLayout(form);
    layout->setAlignment(form, Qt::AlignTop);
    layout->addWidget(makeCors(), 1, Qt::AlignTop);
    layout->addStretch(0);
    set({});
}

QLineEdit* UrlSettings::makeList(const QString& objectName, const QString& name,
                                 const QString& example)
{
    auto* edit = new QLineEdit;
    widgets::identify(edit, objectName, name, tr("%1, separated by commas").arg(name));
    edit->setPlaceholderText(example);
    edit->setMaximumWidth(kFieldWidth);
    connect(edit, &QLineEdit::textEdited, this, &UrlSettings::changed);
    return edit;
}

QWidget* UrlSettings::makeCors()
{
    m_origins = makeList(QStringLiteral("corsOrigins"), tr("Allowed origins"),
                         QStringLiteral("https://app.example.com, or *"));
    m_methods = makeList(QStringLiteral("corsMethods"), tr("Allowed methods"),
                         QStringLiteral("GET, POST"));
    m_headers = makeList(QStringLiteral("corsHeaders"), tr("Allowed request headers"),
                         QStringLiteral("content-type"));
    m_exposed = makeList(QStringLiteral("corsExposed"), tr("Exposed response headers"),
                         QStringLiteral("x-request-id"));
    m_credentials = new QCheckBox(tr("With cookies and other credentials"));
    widgets::identify(m_credentials, QStringLiteral("corsCredentials"), m_credentials->text());
    connect(m_credentials, &QCheckBox::clicked, this, &UrlSettings::changed);
    m_maxAge = new QSpinBox;
    widgets::identify(m_maxAge, QStringLiteral("corsMaxAge"), tr("Seconds a browser may keep this"));
    m_maxAge->setRange(0, kMaxAgeS);
    m_maxAge->setSuffix(tr(" s"));
    m_maxAge->setSpecialValueText(tr("not said"));
    m_maxAge->setMaximumWidth(140);
    connect(m_maxAge, &QSpinBox::valueChanged, this, &UrlSettings::changed);
    m_corsBox = new QWidget;
    auto* form = new QFormLayout(m_corsBox);
    form->setContentsMargins(0, 0, 0, 0);
    form->setSpacing(Theme::kSpace);
    form->addRow(tr("Origins"), m_origins);
    form->addRow(tr("Methods"), m_methods);
    form->addRow(tr("Request headers"), m_headers);
    form->addRow(tr("Exposed headers"), m_exposed);
    form->addRow(tr("Kept for"), m_maxAge);
    form->addRow(QString(), m_credentials);
    return m_corsBox;
}

void UrlSettings::showCors()
{
    m_corsBox->setVisible(m_cors->isChecked());
}

void UrlSettings::set(const rpc::FunctionUrl& url)
{
    const QSignalBlocker blocked(this);
    m_url = url;
    m_auth->setCurrentIndex(m_auth->findData(url.signedOnly));
    m_mode->setCurrentIndex(m_mode->findData(url.streams));
    m_cors->setChecked(!(url.cors == rpc::UrlCors()));
    const QString comma = QStringLiteral(", ");
    m_origins->setText(url.cors.allowOrigins.join(comma));
    m_methods->setText(url.cors.allowMethods.join(comma));
    m_headers->setText(url.cors.allowHeaders.join(comma));
    m_exposed->setText(url.cors.exposeHeaders.join(comma));
    m_credentials->setChecked(url.cors.allowCredentials);
    m_maxAge->setValue(url.cors.maxAgeS);
    showCors();
}

rpc::FunctionUrl UrlSettings::edited() const
{
    rpc::FunctionUrl url = m_url;
    url.signedOnly = m_auth->currentData().toBool();
    url.streams = m_mode->currentData().toBool();
    url.cors = {};
    if (m_cors->isChecked())
        url.cors = {listOf(m_origins), listOf(m_methods),          listOf(m_headers),
                    listOf(m_exposed), m_credentials->isChecked(), m_maxAge->value()};
    return url;
}

bool UrlSettings::isDirty() const
{
    const rpc::FunctionUrl now = edited();
    return now.signedOnly != m_url.signedOnly || now.streams != m_url.streams ||
           !(now.cors == m_url.cors);
}

} // namespace gantry::ui
