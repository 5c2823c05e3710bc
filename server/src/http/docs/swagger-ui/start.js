// Starts Swagger UI on the page of the API reference. A key that a user enters stays in the memory of this page.

// The page has its own title and main element, so the layout contains only the list of operations.
const Plain = ({ React }) => ({
  components: {
    Plain({ getComponent, specSelectors }) {
      const part = (name) => React.createElement(getComponent(name, true));
      const row = (...inside) => React.createElement('div', { className: 'wrapper' }, ...inside);
      if (specSelectors.loadingStatus() !== 'success') {
        return React.createElement('div', { className: 'swagger-ui' }, row(part('errors')));
      }
      return React.createElement(
        'div',
        { className: 'swagger-ui' },
        React.createElement(getComponent('SvgAssets')),
        row(part('errors'), React.createElement('div', { className: 'schemes' }, part('AuthorizeBtnContainer'))),
        row(part('operations')),
        row(part('Models')),
      );
    },
  },
});

const { dataset, classList } = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
classList.toggle('dark-mode', (dataset.theme === 'system' ? system : dataset.theme) === 'dark');

SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#swagger-ui',
  plugins: [Plain],
  layout: 'Plain',
  deepLinking: true,
  docExpansion: 'list',
  operationsSorter: 'alpha',
  tagsSorter: 'alpha',
  validatorUrl: null,
  persistAuthorization: false,
});
